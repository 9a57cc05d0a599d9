import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Settings } from '../props/props.ts';
import { Alarms } from './alarms.ts';
import { dashboardOf } from './dashboard.ts';
import type { Watched } from './metrics.ts';
import { metricsOf } from './metrics.ts';

/** What an operator is woken by, and what is looked at then. */
export class Monitoring extends Construct {
  readonly alarms: Alarms;
  readonly dashboard: Dashboard | undefined;

  constructor(scope: Construct, id: string, props: { readonly watched: Watched; readonly settings: Settings }) {
    super(scope, id);
    const { watched, settings } = props;
    const metrics = metricsOf(watched);
    this.alarms = new Alarms(this, 'Alarms', metrics, settings.alarmTopic);
    const shown = [...this.alarms.groups, ...this.alarms.all];
    this.dashboard = settings.dashboard ? dashboardOf(this, 'Dashboard', metrics, shown) : undefined;
  }
}
