import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { SidecarOptions } from './sidecar-options';
import { Inspection } from '../../private/problems';
import { BoundTask } from '../task/task-parts';

/** Options of `Sidecar.fireLens`. */
export interface FireLensOptions extends SidecarOptions {
  /**
   * Options of an output plugin of Fluent Bit, with its `Name`, for example `{ Name: 'firehose', region: 'eu-west-1', delivery_stream: 'logs' }`. Grant the task role
   * what the plugin needs.
   * @default - the log group of the place, with the rights for it
   * @see https://docs.fluentbit.io/manual/pipeline/outputs
   */
  readonly output?: { [option: string]: string };
  /** Options of the output plugin from Secrets Manager or Parameter Store. @default - none */
  readonly secretOutput?: { [option: string]: ecs.Secret };
  /** Path of a configuration file in an `image` of your own, for example `/extra.conf`; Fargate takes none from S3. @default - none */
  readonly configFile?: string;
  /** The image. @default - AWS for Fluent Bit, of an exact version */
  readonly image?: ecs.ContainerImage;
}

/** @internal */
export function inspectFireLens(look: Inspection, { output, secretOutput, configFile, image }: FireLensOptions): void {
  if (output !== undefined && look.struct('output', output, 'a map of names to values')) {
    Object.entries(output).forEach(([name, value]) => look.text(`output.${name}`, value));
    look.that('Name' in output || configFile !== undefined, 'output.Name', 'nothing', 'the name of an output plugin', "write for example Name: 'firehose'");
  }
  if (secretOutput !== undefined && look.struct('secretOutput', secretOutput, 'a map of names to values')) {
    Object.entries(secretOutput).forEach(([name, secret]) => look.kind(`secretOutput.${name}`, secret ?? null, 'arn', 'an ecs.Secret', 'use one of its factories'));
  }
  look.matches('configFile', configFile, /^(\/[\w.-]+)+$/, 'an absolute path', "write for example '/extra.conf'");
  look.kind('image', image, 'bind', 'an image', 'use for example ecs.ContainerImage.fromEcrRepository(...)');
}

/** @internal */
export function logOptions({ output, secretOutput }: FireLensOptions, { definition, logGroup }: BoundTask): ecs.FireLensLogDriverProps {
  return {
    options: output ?? {
      Name: 'cloudwatch_logs', region: Stack.of(definition).region, log_group_name: logGroup.logGroupName, log_stream_prefix: 'fire-lens/',
    },
    secretOptions: secretOutput,
  };
}
