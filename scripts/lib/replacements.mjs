// What an update of a stack would take away from its users: resources that vanish or are replaced.
import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';

/** Types that carry data or traffic, or that others know by name, address or a handshake. */
const KEPT = new Set([
  'AWS::CertificateManager::Certificate', 'AWS::CodeConnections::Connection', 'AWS::CodeDeploy::DeploymentGroup', 'AWS::CodePipeline::Pipeline', 'AWS::DynamoDB::Table',
  'AWS::EC2::EIP', 'AWS::EC2::NatGateway', 'AWS::EC2::SecurityGroup', 'AWS::EC2::Subnet', 'AWS::EC2::VPC', 'AWS::ECR::Repository', 'AWS::ECS::Cluster', 'AWS::ECS::Service',
  'AWS::EFS::AccessPoint', 'AWS::ElasticLoadBalancingV2::Listener', 'AWS::ElasticLoadBalancingV2::ListenerRule', 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'AWS::ElasticLoadBalancingV2::TargetGroup', 'AWS::KMS::Key', 'AWS::Logs::LogGroup', 'AWS::Route53::RecordSet', 'AWS::S3::Bucket', 'AWS::SNS::Topic', 'AWS::SSM::Parameter',
]);

const kept = ({ Type, Properties }) => KEPT.has(Type) || (Type === 'AWS::IAM::Role' && Properties?.RoleName !== undefined);

/** A template without what every change of the code of a function changes. */
export function normalised(template) {
  return JSON.parse(JSON.stringify(template).replace(/\b[0-9a-f]{64}\b/g, 'HASH'));
}

/** A sentence for each resource of `before` that an update to `after` deletes or replaces. */
export function replacements(before, after) {
  const found = [];
  fullDiff(before, after).resources.forEachDifference((id, difference) => {
    const { oldValue, isAddition, isRemoval } = difference;
    if (isAddition || !kept(oldValue)) return;
    const name = `${oldValue.Metadata?.['aws:cdk:path'] ?? id} (${oldValue.Type}, ${id})`;
    if (isRemoval) found.push(`${name} vanishes: a stack that is updated loses it`);
    else if (oldValue.Type !== difference.newValue.Type) found.push(`${name} becomes ${difference.newValue.Type}`);
    else {
      for (const [property, { changeImpact: impact }] of Object.entries(difference.propertyUpdates)) {
        if (impact === ResourceImpact.WILL_REPLACE) found.push(`${name} is replaced: its property ${property} changes`);
        if (impact === ResourceImpact.MAY_REPLACE) found.push(`${name} may be replaced: its property ${property} changes`);
      }
    }
  });
  return found;
}
