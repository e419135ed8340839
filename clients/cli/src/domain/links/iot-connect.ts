import { type RequestContext } from '@stepcast/policies';
import { askIotPolicy, compile, explained } from '../decide.ts';
import { type Chain } from '../evidence.ts';
import { iotArn } from '../expected.ts';
import { breach, couldNotCheck, fail, missing, pass, warn, type Link } from '../link.ts';
import { foreignIdentity, sampleIdentity, type Setup } from '../setup.ts';
import { documents, needsIotPolicy, replaceIotPolicy, statementsOf } from './iot-documents.ts';
import { poolRole } from './pool-roles.ts';
import { askRole, iotQuestions } from './role-rights.ts';

function judgeConnect(setup: Setup, chain: Chain, clientId: string, context: RequestContext = {}) {
  const role = poolRole(chain, 'authenticated');
  const iot =
    chain.iotPolicy.state === 'known' && chain.iotPolicy.value.found ? [chain.iotPolicy.value.value] : [];
  const compiled = compile(iot, 'iot');
  const question = {
    action: 'iot:Connect',
    resource: iotArn(setup, `client/${clientId}`),
    context: { 'iot:ClientId': clientId, ...context },
  };
  const who = {
    identityId: sampleIdentity(setup),
    authenticated: true,
    roleArn: role.state === 'known' ? role.value.arn : iotArn(setup, 'role/unknown'),
  };
  return {
    unreadable: compiled.unreadable,
    role: role.state === 'known' ? askRole(setup, role.value, [question]).answers[0]?.answer : undefined,
    // The IoT policy by itself, as if the role allowed everything.
    iot: askIotPolicy(setup, who, compiled.policies, question),
  };
}

export const iotClientId: Link = {
  id: 'iot.clientId',
  title: 'An identity connects under client IDs of its own, and no others',
  why: 'A second connection with the same client ID ends the first: who may use another’s client ID can cut him off. ${iot:ClientId} allows every ID, because whatever a client calls itself equals its client ID.',
  check(setup, chain) {
    const none = needsIotPolicy(chain);
    if (none !== undefined) return none;
    const tautology = documents(setup, chain).filter(({ document }) =>
      statementsOf(document.document).some(
        ({ Action = [], Resource = [] }) =>
          Action.some((one) => one === 'iot:Connect' || one === 'iot:*') &&
          Resource.some((one) => one.includes('client/${iot:ClientId}')),
      ),
    );
    const foreign = judgeConnect(setup, chain, `${foreignIdentity(setup)}-doctor`);
    const own = judgeConnect(setup, chain, `${sampleIdentity(setup)}-doctor`);
    if (own.unreadable.length > 0) return couldNotCheck(own.unreadable.join('; '));
    // Both layers must let a foreign ID through before anybody can use one.
    if (foreign.iot.allowed && foreign.role?.allowed !== false)
      return breach({
        evidence: [
          'a client ID of another identity may connect',
          ...tautology.map(
            ({ where }) => `${where} allows client/\${iot:ClientId}, which is every client ID`,
          ),
        ],
        repair: replaceIotPolicy(setup),
      });
    if (!own.iot.allowed)
      return fail({
        evidence: [
          `${setup.iotPolicyName} does not let an identity connect as {identityId}-{something}`,
          ...explained('iot:Connect', own.iot),
        ],
        repair: replaceIotPolicy(setup),
      });
    return tautology.length > 0
      ? warn({
          evidence: tautology.map(
            ({ where }) =>
              `${where} allows client/\${iot:ClientId}, which is every client ID; the other layer still refuses`,
          ),
          repair: tautology.flatMap(({ repair }) => repair),
        })
      : pass('client IDs that begin with the own identity ID, and no others');
  },
};

export const iotPersistentSession: Link = {
  id: 'iot.persistentSession',
  title: 'Sessions that last are allowed where clients ask for them',
  why: 'A client that connects with cleanSession=false or a session expiry is refused at CONNECT unless role and IoT policy both carry a condition on iot:ConnectAttributes.',
  check(setup, chain) {
    const none = needsIotPolicy(chain);
    if (none !== undefined) return none;
    const clientId = `${sampleIdentity(setup)}-doctor`;
    const plain = judgeConnect(setup, chain, clientId);
    if (!plain.iot.allowed) return couldNotCheck('the identity may not connect at all (see iot.clientId)');
    const lasting = judgeConnect(setup, chain, clientId, { 'iot:ConnectAttributes': ['PersistentConnect'] });
    const layers = { role: lasting.role?.allowed, 'IoT policy': lasting.iot.allowed };
    const refusing = Object.entries(layers).flatMap(([name, allowed]) => (allowed === false ? [name] : []));
    const condition = JSON.stringify({
      'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect'] },
    });
    if (setup.persistentSessions && refusing.length > 0)
      return fail({
        evidence: [
          `the ${refusing.join(' and the ')} refuse${refusing.length === 1 ? 's' : ''} a session that lasts`,
          ...explained(
            'iot:Connect',
            lasting.iot.allowed && lasting.role !== undefined ? lasting.role : lasting.iot,
          ),
        ],
        repair: [
          `# add to the iot:Connect statement of both documents: "Condition": ${condition}`,
          '# or let the client start clean (clean: true), as Stepcast’s own does',
        ],
      });
    if (!setup.persistentSessions && layers.role !== undefined && refusing.length === 1)
      return warn({
        evidence: [
          `only the ${refusing[0] ?? ''} refuses a session that lasts; the other layer allows it to no effect`,
        ],
        repair: [`# let both documents say the same: "Condition": ${condition}`],
      });
    return pass(refusing.length === 0 ? 'allowed by both layers' : 'not allowed, and not asked for');
  },
};

export const iotAuthorization: Link = {
  id: 'iot.authorization',
  title: 'AWS IoT itself lets the identity in',
  why: 'IoT caches policies: what was attached a moment ago can be refused for some minutes. Its own answer tells "not yet" from "never".',
  check(setup, chain) {
    if (setup.identityId === undefined) return couldNotCheck('no identity is given (--identity)');
    if (chain.iotVerdicts.state === 'unavailable') return missing(chain.iotVerdicts);
    const verdicts = chain.iotVerdicts.value;
    const refused = verdicts.filter(({ decision }) => decision !== 'ALLOWED');
    if (refused.length === 0) return pass(`${verdicts.length} actions, all ALLOWED`);
    const attached =
      chain.attachedPolicies.state === 'known' && chain.attachedPolicies.value.includes(setup.iotPolicyName);
    const policy =
      chain.iotPolicy.state === 'known' && chain.iotPolicy.value.found
        ? chain.iotPolicy.value.value
        : undefined;
    const evidence = refused.map(({ action, resource, decision }) => `${decision}: ${action} on ${resource}`);
    const compiled = compile(policy === undefined ? [] : [policy], 'iot');
    const who = { identityId: setup.identityId, authenticated: true, roleArn: iotArn(setup, 'role/unknown') };
    const offline = iotQuestions(setup, setup.identityId).every(
      (question) => askIotPolicy(setup, who, compiled.policies, question).allowed,
    );
    return attached && offline
      ? warn({
          evidence: [
            ...evidence,
            'the policy is attached and allows it: it is on its way, or the role refuses',
          ],
          repair: ['# wait some minutes; then see role.iot', 'stepcast doctor --only iot,role'],
        })
      : fail({ evidence, repair: ['# see iot.attachment, iot.policy and role.iot'] });
  },
};
