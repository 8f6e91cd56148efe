import { Template } from 'aws-cdk-lib/assertions';
import { judge } from '../../../test/checkers';
import { app } from '../bin/app';

const [{ template }] = app.synth().stacks;

test('nobody has anything against it but what it says itself', () => {
  expect(judge(app)).toEqual([]);
});

test('everything between a push and healthy containers is there', () => {
  for (const type of ['CodePipeline::Pipeline', 'ECS::Service', 'ElasticLoadBalancingV2::LoadBalancer', 'CloudWatch::Dashboard', 'EC2::VPC']) {
    Template.fromJSON(template).resourceCountIs(`AWS::${type}`, 1);
  }
});

test('nothing is left behind when it is deleted', () => {
  for (const { DeletionPolicy = 'Delete' } of Object.values<any>(template.Resources)) expect(DeletionPolicy).toBe('Delete');
});
