/**
 * A bucket is emptied only while it carries this tag. Whoever decides to keep a bucket removes tag and custom resource in one
 * deployment: CloudFormation then deletes the custom resource, and without this guard the bucket to keep would be emptied.
 */
export const EMPTY_ON_DELETE = { key: 'cdk-fargate-cicd:empty-on-delete', value: 'true' };
