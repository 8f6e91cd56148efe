import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { HttpRequestSettings } from './http-request';
import { HttpRequestFunction } from './http-request-function';
import { NameMaker } from '../../common/resource-names';
import { createFunction } from '../../private/function';
import { HttpCheckHookOptions } from '../strategy/http-check/http-check-options';

/** @internal */
export interface HttpRequestParts {
  readonly names: NameMaker;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  /** Construct that holds the dead-letter queue. */
  readonly owner: Construct;
}

/**
 * The function that asks a service over HTTP, from outside of any VPC, and tells CodePipeline what it found.
 * @internal
 */
export function createHttpRequest(scope: Construct, { names, ...parts }: HttpRequestParts, options: HttpCheckHookOptions): lambda.IFunction {
  const timeout = options.timeout ?? Duration.minutes(2);
  const settings: HttpRequestSettings = {
    path: options.path ?? '/',
    verifyName: true,
    healthyCodes: options.healthyHttpCodes ?? '200',
    contains: options.contains ?? '',
    successes: options.successes ?? 3,
    timeoutSeconds: timeout.toSeconds(),
  };
  const { function: made, role } = createFunction(scope, 'Function', HttpRequestFunction, {
    ...parts,
    description: `Asks the service over HTTP for ${scope.node.path}`,
    timeout: timeout.plus(Duration.minutes(1)),
    memorySize: 256,
    functionName: names.name({ type: 'function', detail: `${scope.node.scope!.node.id}-${scope.node.id}`, maxLength: 64 }),
    environment: { REQUEST: Stack.of(scope).toJsonString(settings) },
  });
  role.allow({ actions: ['codepipeline:PutJobSuccessResult', 'codepipeline:PutJobFailureResult'], resources: ['*'], wildcard: 'results of jobs have no resource level' });
  return made;
}
