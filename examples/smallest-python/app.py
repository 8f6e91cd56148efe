#!/usr/bin/env python3
"""The smallest pipeline: a public web service on Fargate that follows the branch main of one repository."""
from aws_cdk import Annotations, App, RemovalPolicy, Stack
from cdk_fargate_cicd import FargateCicdPipeline, Source

app = App()
stack = Stack(app, "Smallest")

FargateCicdPipeline(
    stack,
    "Shop",
    source=Source.git_hub(app.node.try_get_context("repository") or "example-org/shop"),
    removal_policy=RemovalPolicy.DESTROY,
)

warnings = Annotations.of(stack)
warnings.acknowledge_warning("cdk-fargate-cicd:plain-http", "to try it out; no passwords are sent")
warnings.acknowledge_warning("cdk-fargate-cicd:nobody-listens", "to try it out; somebody looks at the pipeline")

app.synth()
