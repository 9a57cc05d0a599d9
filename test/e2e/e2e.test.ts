// One deployment for all of it, in this order: what comes last looks at what the others left.
import './transfers.ts';
import './batches.ts';
import './api.ts';
import './console.ts';
import './operator.ts';
import './afterwards.ts';
