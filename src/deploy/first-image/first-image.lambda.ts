import { ECRClient } from '@aws-sdk/client-ecr';
import type { Context } from 'aws-lambda';
import { type FirstImageEvent, firstImageId, FirstImageResource } from './first-image-resource';
import { respond } from '../../private/custom-resource-response';

/** The custom resource that puts the first image under the tag from which a service takes its image. */
export async function handler(event: FirstImageEvent, context: Context): Promise<void> {
  const id = firstImageId(event.ResourceProperties);
  await respond(event, context, id, async signal => new FirstImageResource(new ECRClient(), signal).handle(event));
}
