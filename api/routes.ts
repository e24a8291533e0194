import type { ApiDeps, App } from './deps.ts';
import { acquireRoute } from './routes/acquire.ts';
import { capacityRoute } from './routes/capacity.ts';
import { cleanupRoute } from './routes/cleanup.ts';
import { configLimitsRoute } from './routes/config-limits.ts';
import { configTimeoutsRoute } from './routes/config-timeouts.ts';
import { documentationRoutes } from './routes/documentation.ts';
import { filesRoute } from './routes/files.ts';
import { forceRoute } from './routes/force.ts';
import { healthRoute } from './routes/health.ts';
import { metricsRoute } from './routes/metrics.ts';
import { nukeRoute } from './routes/nuke.ts';
import { orphansRoute } from './routes/orphans.ts';
import { protectRoutes } from './routes/protect.ts';
import { readyRoute } from './routes/ready.ts';
import { registerRoute } from './routes/register.ts';
import { releaseRoute } from './routes/release.ts';
import { renewRoute } from './routes/renew.ts';
import { sessionRoute } from './routes/session.ts';
import { sessionsRoute } from './routes/sessions.ts';
import { sweepRoute } from './routes/sweep.ts';

/** Every route of the service, in reading order. */
export function addRoutes(app: App, deps: ApiDeps): void {
  healthRoute(app);
  acquireRoute(app, deps);
  filesRoute(app, deps);
  renewRoute(app, deps);
  registerRoute(app, deps);
  releaseRoute(app, deps);
  sessionRoute(app, deps);
  sessionsRoute(app, deps);
  capacityRoute(app, deps);
  configTimeoutsRoute(app, deps);
  configLimitsRoute(app, deps);
  protectRoutes(app, deps);
  forceRoute(app, deps);
  cleanupRoute(app, deps);
  nukeRoute(app, deps);
  orphansRoute(app, deps);
  sweepRoute(app, deps);
  readyRoute(app, deps);
  metricsRoute(app, deps);
  documentationRoutes(app);
}
