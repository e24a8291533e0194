/** Puts a file in the place of another as the user `nobody`; prints whether it could be given to whom the old one belongs. */
import { swapIn } from '../../../maintenance/backups/sqlite/swap.ts';
import { becomeNobody } from './nobody.ts';

const [incoming = '', target = '', kept = '', group = ''] = process.argv.slice(2);
becomeNobody(Number(group));
console.log(swapIn(incoming, { target, kept }));
