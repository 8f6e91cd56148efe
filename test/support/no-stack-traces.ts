// Each CDK resource and warning notes where it was made, through Jest's source maps: a third of the time of tests that build stacks. No test reads it.
process.env.CDK_CONTEXT_JSON = JSON.stringify({ 'aws:cdk:disable-creation-stack-traces': true, 'aws:cdk:disable-stack-trace': true });
