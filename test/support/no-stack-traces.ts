// Each CDK resource notes where it was made, through Jest's source maps: an eighth of the time of tests that build stacks. No test reads it.
process.env.CDK_DISABLE_STACK_TRACE = '1';
