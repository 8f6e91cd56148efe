import { Template } from 'aws-cdk-lib/assertions';

/** A value of a template in one line: references as `<Id>` and `<Id.Attribute>`. */
export function flat(value: any): string {
  if (value?.Ref) return `<${value.Ref}>`;
  if (value?.['Fn::GetAtt']) return `<${value['Fn::GetAtt'].join('.')}>`;
  if (value?.['Fn::Join']) return value['Fn::Join'][1].map(flat).join(value['Fn::Join'][0]);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Logical id and properties of everything of a type. */
export const all = (template: Template, type: string): Array<[string, any]> =>
  Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id, Properties]);

/** Properties of the only resource of a type. */
export function only(template: Template, type: string): any {
  const found = all(template, type);
  expect(found.map(([id]) => id)).toHaveLength(1);
  return found[0][1];
}

/** The one logical id of a type that has these properties. */
export function idOf(template: Template, type: string, properties: object = {}): string {
  const ids = Object.keys(template.findResources(type, { Properties: properties }));
  expect(ids).toHaveLength(1);
  return ids[0];
}

/** What a role may do, as `action on resource`, with the condition behind it. */
export function rightsOf(template: Template, roleId: string): string[] {
  return all(template, 'AWS::IAM::ManagedPolicy')
    .filter(([, { Roles }]) => JSON.stringify(Roles).includes(`"${roleId}"`))
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource, Condition }) => [Action].flat().flatMap((action: string) => [Resource].flat().map((resource: any) =>
      `${action} on ${flat(resource)}${Condition ? ` if ${flat(Condition)}` : ''}`)));
}

/** Stages of the pipeline. */
export const stagesOf = (template: Template): any[] => only(template, 'AWS::CodePipeline::Pipeline').Stages;

/** One action of a stage. */
export function actionOf(template: Template, stageName: string, actionName: string): any {
  return stagesOf(template).find(({ Name }) => Name === stageName).Actions.find(({ Name }: any) => Name === actionName);
}

/** The project behind an action, with its buildspec parsed. */
export function projectOf(template: Template, stageName: string, actionName: string): any {
  const id = actionOf(template, stageName, actionName).Configuration.ProjectName.Ref;
  const project = template.toJSON().Resources[id].Properties;
  return { ...project, spec: JSON.parse(project.Source.BuildSpec), roleId: project.ServiceRole['Fn::GetAtt'][0] };
}
