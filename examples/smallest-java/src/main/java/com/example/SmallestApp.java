package com.example;

import io.github.cdkfargatecicd.FargateCicdPipeline;
import io.github.cdkfargatecicd.Source;
import software.amazon.awscdk.Annotations;
import software.amazon.awscdk.App;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;

/** The smallest pipeline: a public web service on Fargate that follows the branch main of one repository. */
public final class SmallestApp {
    private SmallestApp() {
    }

    public static void main(final String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "Smallest");
        Object repository = app.getNode().tryGetContext("repository");

        FargateCicdPipeline.Builder.create(stack, "Shop")
            .source(Source.gitHub(repository == null ? "example-org/shop" : repository.toString()))
            .removalPolicy(RemovalPolicy.DESTROY)
            .build();

        Annotations warnings = Annotations.of(stack);
        warnings.acknowledgeWarning("cdk-fargate-cicd:plain-http", "to try it out; no passwords are sent");
        warnings.acknowledgeWarning("cdk-fargate-cicd:nobody-listens", "to try it out; somebody looks at the pipeline");

        app.synth();
    }
}
