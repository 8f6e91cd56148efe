import { Stack } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { Choice } from '../../private/problems';
import { onlyVia, Right } from '../../private/scoped-role';

/** A secret that exists already and that a build gets as a variable. Templates and pipelines only know its name. */
export abstract class BuildSecret extends Choice {
  /**
   * A secret of Secrets Manager, or one field of it when it is a JSON object. A key of its own may be used through Secrets Manager only.
   * @param secret the secret
   * @param field name of the field, without `:`; the whole secret when absent
   */
  static fromSecretsManager(secret: secretsmanager.ISecret, field?: string): BuildSecret {
    return new ManagedSecret(secret, field);
  }

  /**
   * A parameter of Parameter Store, usually a SecureString. CloudFormation cannot create those: it must exist before the build runs.
   * @param parameterName its name, for example `/docker/user`
   * @param key the customer-managed key that encrypts it; not needed for the key `aws/ssm`
   */
  static fromParameterStore(parameterName: string, key?: kms.IKey): BuildSecret {
    return new Parameter(parameterName, key);
  }

  /** @internal */
  abstract _variable(): codebuild.BuildEnvironmentVariable;
  /** What a build needs in order to read it. @internal */
  abstract _rights(scope: Construct): Right[];
}

class ManagedSecret extends BuildSecret {
  constructor(private readonly secret: secretsmanager.ISecret, private readonly field?: string) {
    super();
    this._inspect((look) => {
      look.that(typeof secret?.secretArn === 'string', '', secret, 'a secret', 'hand over a secretsmanager.ISecret');
      look.matches('', field, /^[^:]+$/, 'the name of a field, without colons', 'name one field of the secret');
    });
  }

  _variable(): codebuild.BuildEnvironmentVariable {
    const value = this.field ? `${this.secret.secretArn}:${this.field}` : this.secret.secretArn;
    return { type: codebuild.BuildEnvironmentVariableType.SECRETS_MANAGER, value };
  }

  _rights(scope: Construct): Right[] {
    const { secretArn, secretFullArn, encryptionKey } = this.secret;
    return [
      // A secret imported by name: AWS appends a hyphen and six random characters to its ARN.
      { actions: ['secretsmanager:GetSecretValue'], resources: [secretFullArn ?? `${secretArn}-??????`] },
      ...decrypt(scope, encryptionKey, 'secretsmanager'),
    ];
  }
}

class Parameter extends BuildSecret {
  constructor(private readonly parameterName: string, private readonly key?: kms.IKey) {
    super();
    this._inspect((look) => {
      look.matches('', parameterName ?? '', /^[A-Za-z0-9._/-]{1,1011}$/, 'the name of a parameter, 1 to 1011 of A-Z a-z 0-9 . - _ /', "write for example '/docker/user'");
      look.kind('', key, 'keyArn', 'a key', 'hand over a kms.IKey');
    });
  }

  _variable(): codebuild.BuildEnvironmentVariable {
    return { type: codebuild.BuildEnvironmentVariableType.PARAMETER_STORE, value: this.parameterName };
  }

  _rights(scope: Construct): Right[] {
    const arn = Stack.of(scope).formatArn({ service: 'ssm', resource: 'parameter', resourceName: this.parameterName.replace(/^\//, '') });
    return [{ actions: ['ssm:GetParameters'], resources: [arn] }, ...decrypt(scope, this.key, 'ssm')];
  }
}

/** The key may be used through its service only, so that the build cannot decrypt anything else with it. */
function decrypt(scope: Construct, key: kms.IKey | undefined, service: string): Right[] {
  if (!key) return [];
  return [{ actions: ['kms:Decrypt'], resources: [key.keyArn], conditions: onlyVia(scope, service) }];
}
