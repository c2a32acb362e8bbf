// Microsoft Entra's v2.0 endpoints, played by the certified oidc-provider. Started by tests/src/oidc.rs.
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { OFFHOOK_NODE_MODULES, PORT, TENANT, CLIENT_ID, ACCESS_TOKEN_LIFE } = process.env;
const installed = createRequire(join(OFFHOOK_NODE_MODULES, '..', 'package.json'));
const { default: Provider } = await import(pathToFileURL(installed.resolve('oidc-provider')).href);

const GRAPH = 'https://graph.microsoft.com';
const RIGHTS = ['Presence.Read', 'Presence.ReadWrite', 'Calendars.Read', 'User.Read'];
const SCOPES = [...RIGHTS, ...RIGHTS.map((right) => `${GRAPH}/${right}`)];
const life = Number(ACCESS_TOKEN_LIFE);

// Every grant lives in here; `revoke-all` empties it. The provider's own in-memory store can't be reached from outside.
const store = new Map();
class Store {
  constructor(model) {
    this.model = model;
  }
  key(id) {
    return `${this.model}:${id}`;
  }
  live(entry) {
    return entry && (!entry.until || entry.until > Date.now()) ? entry.payload : undefined;
  }
  async upsert(id, payload, seconds) {
    store.set(this.key(id), { payload, until: seconds && Date.now() + seconds * 1000 });
  }
  async find(id) {
    return this.live(store.get(this.key(id)));
  }
  async findBy(property, value) {
    for (const [key, entry] of store) {
      if (key.startsWith(`${this.model}:`) && entry.payload[property] === value) return this.live(entry);
    }
    return undefined;
  }
  findByUserCode(code) {
    return this.findBy('userCode', code);
  }
  findByUid(uid) {
    return this.findBy('uid', uid);
  }
  async consume(id) {
    store.get(this.key(id)).payload.consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    store.delete(this.key(id));
  }
  async revokeByGrantId(grant) {
    for (const [key, entry] of store) if (entry.payload.grantId === grant) store.delete(key);
  }
}

// Only the port of a loopback redirect is free; every path must be registered.
const hosts = ['http://localhost', 'http://127.0.0.1', 'http://[::1]'];
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: Store,
  clients: [
    {
      client_id: CLIENT_ID,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: hosts.flatMap((host) => [host, `${host}/`, `${host}/callback`]),
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
    },
  ],
  scopes: ['openid', 'offline_access', 'profile', 'email', ...SCOPES],
  claims: { openid: ['sub', 'oid', 'tid'], profile: ['name', 'preferred_username'], email: ['email'] },
  conformIdTokenClaims: false,
  async findAccount(_context, id) {
    const address = `${id}@contoso.example`;
    const claims = { sub: id, oid: `oid-${id}`, tid: TENANT, name: id, preferred_username: address, email: address };
    return { accountId: id, claims: async () => claims };
  },
  pkce: { required: () => true },
  issueRefreshToken: async (_context, _client, code) => code.scopes.has('offline_access'),
  rotateRefreshToken: true,
  ttl: {
    AccessToken: life,
    AuthorizationCode: 60,
    DeviceCode: 900,
    Grant: 86400,
    IdToken: 3600,
    Interaction: 600,
    RefreshToken: 86400,
    Session: 86400,
  },
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => GRAPH,
      useGrantedResource: async () => true,
      getResourceServerInfo: async () => ({
        scope: SCOPES.join(' '),
        audience: GRAPH,
        accessTokenFormat: 'opaque',
        accessTokenTTL: life,
      }),
    },
  },
  routes: {
    authorization: `/${TENANT}/oauth2/v2.0/authorize`,
    token: `/${TENANT}/oauth2/v2.0/token`,
    device_authorization: `/${TENANT}/oauth2/v2.0/devicecode`,
    end_session: `/${TENANT}/oauth2/v2.0/logout`,
    jwks: `/${TENANT}/discovery/v2.0/keys`,
    revocation: `/${TENANT}/oauth2/v2.0/revoke`,
    code_verification: '/devicelogin',
  },
  cookies: { keys: ['lab'] },
});
provider.on('server_error', (_context, error) => console.error('server error', error));

const handler = provider.callback();
const names = /^\/(common|organizations|contoso\.example)(?=\/)/;
http
  .createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/lab/revoke-all') {
      store.clear();
      response.writeHead(204).end();
      return;
    }
    // Entra answers the same under the tenant's id, its domain and the two common names.
    request.url = request.url.replace(names, `/${TENANT}`).replace(`/${TENANT}/v2.0/.well-known`, '/.well-known');
    // Entra shows its account chooser; this provider knows no such prompt and asks who it is instead.
    request.url = request.url.replace('prompt=select_account', 'prompt=login%20consent');
    // The provider grants offline_access after prompt=consent only; Entra wants no prompt for it.
    const asks = request.url.startsWith(`/${TENANT}/oauth2/v2.0/authorize?`) && request.url.includes('offline_access');
    if (asks && !/[?&]prompt=/.test(request.url)) request.url += '&prompt=consent';
    handler(request, response);
  })
  .listen(Number(PORT), '127.0.0.1', () => console.log('ready'));
