/** `npm run bench`: beside the peers first, then the parts by themselves. Medians; the machine should be quiet. */
import { benchPeers } from "./peers.ts";

console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
await benchPeers();
