import { Cluster } from '../cluster';
import { Network } from '../network';

/** Where the service runs when nobody says so: where its cluster is. @internal */
export const defaultNetwork = (cluster?: Cluster): Network => cluster instanceof Cluster && cluster._vpc ? Network.fromVpc(cluster._vpc) : Network.create();
