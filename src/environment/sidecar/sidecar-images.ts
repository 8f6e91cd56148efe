/**
 * The images of ready sidecars, each of an exact version.
 * @see https://gallery.ecr.aws/aws-observability/aws-for-fluent-bit
 * @see https://gallery.ecr.aws/aws-observability/aws-otel-collector
 */
export const SIDECAR_IMAGES = {
  fluentBit: 'public.ecr.aws/aws-observability/aws-for-fluent-bit:3.2.1',
  adotCollector: 'public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0',
};
