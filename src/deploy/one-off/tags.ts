/** On a revision: the name of the task that it was registered for. */
export const NAME_TAG = 'cdk-fargate-cicd:one-off';
/** On a task: its family, by which the right to stop it is limited. */
export const FAMILY_TAG = 'cdk-fargate-cicd:family';
/** On a task: when its action began. */
export const BEGUN_TAG = 'cdk-fargate-cicd:begun';
/** On a task: when it must be over. */
export const UNTIL_TAG = 'cdk-fargate-cicd:until';
