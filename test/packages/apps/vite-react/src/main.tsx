import { ProgressProvider, useUpload, useUploadProgress, useWorkflows } from '@stepcast/react';
import { UploadGraph, UploadTimeline } from '@stepcast/react/elements';
import { cognitoCredentials, createProgressClient } from '@stepcast/web';
import { createRoot } from 'react-dom/client';
import { config, idToken, logins } from './session.js';

const { region, bucket, identityPoolId, endpoints } = config;

const createClient = () =>
  createProgressClient({
    region,
    endpoint: endpoints.mqttWss,
    credentials: cognitoCredentials({ region, identityPoolId, logins, endpoint: endpoints.cognitoIdentity }),
    provisioning: { url: `${endpoints.provisioner}/v1/provision`, idToken },
    s3: { endpoint: endpoints.s3 },
  });

function Upload() {
  const { phase, key, percent, start } = useUpload({ bucket });
  const upload = useUploadProgress(key === null ? null : { bucket, key }, { events: true });
  const definition = useWorkflows();
  return (
    <main>
      <input type="file" onChange={({ target }) => target.files?.[0] && start(target.files[0])} />
      <p id="phase">{phase}</p>
      <progress max={100} value={percent ?? 0} />
      <UploadTimeline upload={upload} definition={definition} />
      <UploadGraph upload={upload} definition={definition} />
    </main>
  );
}

createRoot(document.querySelector('#root')!).render(
  <ProgressProvider createClient={createClient}>
    <Upload />
  </ProgressProvider>,
);
