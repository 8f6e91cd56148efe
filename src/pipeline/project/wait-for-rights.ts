import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct, Dependable, IDependable } from 'constructs';
import { ScopedRole } from '../../private/scoped-role';

/**
 * A pipeline runs as soon as it is made, so actions and projects have their rights by then. Which they are is known when the app is synthesized: users may add actions.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-create.html
 */
export function waitForRights(scope: Construct, pipeline: codepipeline.Pipeline): void {
  const rights: IDependable = {};
  Dependable.implement(rights, {
    get dependencyRoots() {
      const actions = pipeline.stages.flatMap((stage) => stage.actions.map(({ actionProperties: { role } }) => role));
      const projects = scope.node.findAll().map((part) => part instanceof codebuild.Project ? part.role : undefined);
      return [...actions, ...projects].flatMap((role) => role instanceof ScopedRole ? role._rights : []);
    },
  });
  // Not the construct, which would hand it down to all that stands below it.
  pipeline.node.defaultChild!.node.addDependency(rights);
}
