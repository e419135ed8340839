/** What an app has from its own configuration and its own sign-in. The test puts it in the page. */
interface Session {
  readonly region: string;
  readonly bucket: string;
  readonly identityPoolId: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  readonly topicNamespace: string;
  readonly user: { readonly username: string; readonly password: string };
  readonly loginProvider: string;
  readonly idToken: string;
  readonly endpoints: {
    readonly mqttWss: string;
    readonly cognitoIdp: string;
    readonly cognitoIdentity: string;
    readonly provisioner: string;
    readonly s3: string;
  };
}

declare global {
  interface Window {
    readonly session: Session;
  }
}

export const config = (): Session => window.session;
export const idToken = (): Promise<string> => Promise.resolve(config().idToken);
export const logins = (): Promise<Record<string, string>> =>
  Promise.resolve({ [config().loginProvider]: config().idToken });
