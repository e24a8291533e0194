/** Puts a file in the place of another as the user `nobody`; prints whether it could be given to whom the old one belongs. */
import { swapIn } from '../../../maintenance/backups/sqlite/swap.ts';

const NOBODY = 65_534;
const [incoming = '', target = '', kept = '', group = ''] = process.argv.slice(2);
process.setgroups?.([Number(group)]);
process.setgid?.(NOBODY);
process.setuid?.(NOBODY);
console.log(swapIn(incoming, { target, kept }));
