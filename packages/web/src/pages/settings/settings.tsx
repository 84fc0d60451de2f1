import './settings.css';
import type { ReactNode } from 'react';
import { useResource } from '../../api/resource.js';
import type { SettingList } from '../../api/types.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Segments, Skeleton } from '../../design/parts.js';
import { setTheme, useTheme } from '../../design/theme.js';
import { Page } from '../../shell/page.js';
import { DiskCard } from './disk-card.js';
import { DoctorCard } from './doctor-card.js';
import { ModelsCard } from './models-card.js';
import { grouped } from './setting-groups.js';
import { SettingRow } from './setting-row.js';

/** The settings page: what holds for all projects (settings, models, disk, this machine). */
export default function Settings(): ReactNode {
  const { data, error, reload } = useResource<SettingList>('/api/settings');
  return (
    <Page documentTitle="Settings" title={<h1>Settings</h1>}>
      <section className="card">
        <div className="card-head">
          <h2>Appearance</h2>
          <ThemeChoice />
        </div>
      </section>
      <ModelsCard />
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={10} />}
      {data &&
        grouped(data.settings).map(({ group, settings }) => (
          <section key={group} className="card">
            <div className="card-head">
              <h2>{group}</h2>
            </div>
            {settings.map((setting) => (
              <SettingRow key={setting.key} setting={setting} />
            ))}
          </section>
        ))}
      <DiskCard />
      <DoctorCard />
    </Page>
  );
}

function ThemeChoice(): ReactNode {
  return (
    <Segments
      label="Colours"
      value={useTheme()}
      options={[
        { value: 'system', label: 'System' },
        { value: 'light', label: 'Light' },
        { value: 'dark', label: 'Dark' },
      ]}
      onChange={setTheme}
    />
  );
}
