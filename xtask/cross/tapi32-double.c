/* A tapi32.dll for tests under wine: strict where the real one is, with switches for what goes wrong. Compiled with the
   compiler's own tapi.h, so that the ABI is proven and not assumed.

   Tests in the same process say commands by double_say(); a program reads them from the file that OFFHOOK_TAPI_SCRIPT
   names, line by line as they are appended to it, and appends its answers to the one that OFFHOOK_TAPI_ANSWERS names.
   Commands, numbers in any base of C; D is a device, C a call:

   reset                    one desk phone as device 0, nothing else
   device D ID MEDIA LINEF ADDRF MOST NAME   adds or replaces one; NAME is the rest of the line
   plug D, unplug D         LINE_CREATE; LINE_CLOSE and LINE_REMOVE
   call D                   a new call: returns its number; told to every program that has the line open
   quiet-call D             as call, and nobody is told
   state C STATE MODE       LINE_CALLSTATE; at idle its number is free again once all handles are given back
   info C                   LINE_CALLINFO
   close D                  LINE_CLOSE: its handles are dead
   service D 0|1            LINE_LINEDEVSTATE in service or not
   count D                  LINE_LINEDEVSTATE NUMCALLS
   reinit                   LINE_LINEDEVSTATE REINIT
   refuse FUNCTION CODE     that function answers so until it is 0
   grow N                   N times each structure needs more than there was
   hollow 0|1               every message is nothing, and the event says there is one
   deaf 0|1                 new calls are told to nobody
   forward D MODE TO        somebody sets a forward at the phone; TO - is do not disturb, MODE 0 takes all away
   handles                  how many handles of calls are out
   lines, apps              how many are open
   posted                   how many messages wait
   forwards D, forward-mode D N, forward-to D N (a number), forward-dnd D N   what is set there */
#define TAPI_CURRENT_VERSION 0x00020002
#include <windows.h>
#include <tapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXP __declspec(dllexport) LONG WINAPI
#define APPS 8
#define DEVICES 8
#define LINES 32
#define CALLS 64
#define HANDLES 256
#define QUEUE 4096
#define FORWARDS 8

/* LINEFORWARD as version 2 has it: the header's own carries the two members that version 3 added. */
#pragma pack(push, 1)
typedef struct { DWORD mode, caller_size, caller_offset, country, to_size, to_offset; } forward2;
#pragma pack(pop)

static struct app { int used; DWORD handle; HANDLE event; LINEMESSAGE queue[QUEUE]; unsigned head, tail; } apps[APPS];
static struct device { int there; DWORD id, media, line_features, address_features, most_forwards; WCHAR name[64]; int forwards; struct { DWORD mode; WCHAR caller[32], to[32]; DWORD country; } forward[FORWARDS]; DWORD rings; } devices[DEVICES];
static struct line { int used; DWORD handle; struct app *app; DWORD device; DWORD_PTR instance; DWORD line_states, address_states; } lines[LINES];
static struct call { int used; DWORD device, state, mode; } calls[CALLS];
static struct handle { int used; DWORD handle; struct line *line; struct call *call; } handles[HANDLES];
static struct { char name[48]; LONG code; } refusals[16];
static DWORD next_handle = 0x1001, next_request = 1;
static int grow, hollow, deaf;
static CRITICAL_SECTION cs;
static int is_ready;

static LONG refused(const char *name) {
  for (int i = 0; i < 16; i++) if (refusals[i].code && !strcmp(refusals[i].name, name)) return refusals[i].code;
  return 0;
}
#define BEGIN(name) EnterCriticalSection(&cs); { LONG no = refused(name); if (no) { LeaveCriticalSection(&cs); return no; } }
#define END(code) do { LONG answer = (code); LeaveCriticalSection(&cs); return answer; } while (0)

static struct app *app_of(DWORD handle) { for (int i = 0; i < APPS; i++) if (apps[i].used && apps[i].handle == handle) return &apps[i]; return NULL; }
static struct line *line_of(DWORD handle) { for (int i = 0; i < LINES; i++) if (lines[i].used && lines[i].handle == handle) return &lines[i]; return NULL; }
static struct handle *handle_of(DWORD handle) { for (int i = 0; i < HANDLES; i++) if (handles[i].used && handles[i].handle == handle) return &handles[i]; return NULL; }
static struct device *device_of(DWORD id) { return id < DEVICES && devices[id].there ? &devices[id] : NULL; }

static void post(struct app *app, DWORD device, DWORD id, DWORD_PTR instance, DWORD_PTR a, DWORD_PTR b, DWORD_PTR c) {
  LINEMESSAGE m = { device, id, instance, a, b, c };
  app->queue[app->tail++ % QUEUE] = m;
  SetEvent(app->event);
}
static struct handle *hand_out(struct line *line, struct call *call) {
  for (int i = 0; i < HANDLES; i++) if (handles[i].used && handles[i].line == line && handles[i].call == call) return NULL;
  for (int i = 0; i < HANDLES; i++) if (!handles[i].used) { handles[i] = (struct handle){ 1, next_handle++, line, call }; return &handles[i]; }
  return NULL;
}
static void free_calls(void) {
  for (int c = 0; c < CALLS; c++) {
    int held = 0;
    for (int i = 0; i < HANDLES; i++) held |= handles[i].used && handles[i].call == &calls[c];
    if (calls[c].used && calls[c].state == LINECALLSTATE_IDLE && !held) calls[c].used = 0;
  }
}
/* The line and its handles are dead at once. */
static void drop_line(struct line *line, int tell) {
  for (int i = 0; i < HANDLES; i++) if (handles[i].used && handles[i].line == line) handles[i].used = 0;
  if (tell) post(line->app, line->handle, LINE_CLOSE, line->instance, 0, 0, 0);
  line->used = 0;
  free_calls();
}
static void tell_line(DWORD device, DWORD state, DWORD detail) {
  for (int i = 0; i < LINES; i++) if (lines[i].used && lines[i].device == device && (lines[i].line_states & state))
    post(lines[i].app, lines[i].handle, LINE_LINEDEVSTATE, lines[i].instance, state, detail, 0);
}
static void tell_address(DWORD device, DWORD state) {
  for (int i = 0; i < LINES; i++) if (lines[i].used && lines[i].device == device && (lines[i].address_states & state))
    post(lines[i].app, lines[i].handle, LINE_ADDRESSSTATE, lines[i].instance, 0, state, 0);
}
static void plain_device(DWORD d, DWORD id, const char *name) {
  struct device *v = &devices[d];
  memset(v, 0, sizeof *v);
  v->there = 1; v->id = id; v->media = LINEMEDIAMODE_INTERACTIVEVOICE; v->most_forwards = 4;
  v->line_features = LINEFEATURE_FORWARD | LINEFEATURE_FORWARDFWD | LINEFEATURE_FORWARDDND;
  v->address_features = LINEADDRFEATURE_FORWARD | LINEADDRFEATURE_FORWARDFWD | LINEADDRFEATURE_FORWARDDND;
  MultiByteToWideChar(CP_UTF8, 0, name, -1, v->name, 64);
}
static void reset(void) {
  for (int i = 0; i < APPS; i++) if (apps[i].event) CloseHandle(apps[i].event);
  memset(apps, 0, sizeof apps); memset(devices, 0, sizeof devices); memset(lines, 0, sizeof lines);
  memset(calls, 0, sizeof calls); memset(handles, 0, sizeof handles); memset(refusals, 0, sizeof refusals);
  grow = hollow = deaf = 0;
  plain_device(0, 65537, "Desk phone");
}

/* One command; its answer, or -1 for one that makes no sense. */
static LONG say(const char *text) {
  char verb[32] = "", name[64] = ""; long a = 0, b = 0;
  int n = sscanf(text, "%31s %li %li", verb, &a, &b);
  if (n < 1) return -1;
  DWORD d = (DWORD)a;
  if (!strcmp(verb, "reset")) { reset(); return 0; }
  if (!strcmp(verb, "device")) {
    long v[6]; int at = 0;
    if (sscanf(text, "%*s %li %li %li %li %li %li %n", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &at) < 6 || v[0] < 0 || v[0] >= DEVICES) return -1;
    plain_device(v[0], v[1], text + at);
    struct device *x = &devices[v[0]];
    x->media = v[2]; x->line_features = v[3]; x->address_features = v[4]; x->most_forwards = v[5];
    return 0;
  }
  if (!strcmp(verb, "plug")) { devices[d].there = 1; for (int i = 0; i < APPS; i++) if (apps[i].used) post(&apps[i], 0, LINE_CREATE, 0, d, 0, 0); return 0; }
  if (!strcmp(verb, "unplug")) {
    for (int i = 0; i < LINES; i++) if (lines[i].used && lines[i].device == d) drop_line(&lines[i], 1);
    devices[d].there = 0;
    for (int i = 0; i < APPS; i++) if (apps[i].used) post(&apps[i], 0, LINE_REMOVE, 0, d, 0, 0);
    return 0;
  }
  if (!strcmp(verb, "call") || !strcmp(verb, "quiet-call")) {
    if (!device_of(d)) return -1;
    for (int c = 0; c < CALLS; c++) if (!calls[c].used) {
      calls[c] = (struct call){ 1, d, LINECALLSTATE_UNKNOWN, 0 };
      for (int i = 0; *verb == 'c' && !deaf && i < LINES; i++) if (lines[i].used && lines[i].device == d) {
        struct handle *h = hand_out(&lines[i], &calls[c]);
        if (h) post(lines[i].app, lines[i].handle, LINE_APPNEWCALL, lines[i].instance, 0, h->handle, LINECALLPRIVILEGE_MONITOR);
      }
      return c;
    }
    return -1;
  }
  if (!strcmp(verb, "state") || !strcmp(verb, "info")) {
    long mode = 0; sscanf(text, "%*s %*s %*s %li", &mode);
    if (a < 0 || a >= CALLS || !calls[a].used) return -1;
    int is_state = *verb == 's';
    if (is_state) { calls[a].state = b; calls[a].mode = mode; }
    for (int i = 0; i < HANDLES; i++) if (handles[i].used && handles[i].call == &calls[a])
      post(handles[i].line->app, handles[i].handle, is_state ? LINE_CALLSTATE : LINE_CALLINFO, handles[i].line->instance, is_state ? (DWORD_PTR)b : LINECALLINFOSTATE_CALLERID, is_state ? mode : 0, 0);
    free_calls();
    return 0;
  }
  if (!strcmp(verb, "close")) { for (int i = 0; i < LINES; i++) if (lines[i].used && lines[i].device == d) drop_line(&lines[i], 1); return 0; }
  if (!strcmp(verb, "service")) { tell_line(d, b ? LINEDEVSTATE_INSERVICE : LINEDEVSTATE_OUTOFSERVICE, 0); return 0; }
  if (!strcmp(verb, "count")) { tell_line(d, LINEDEVSTATE_NUMCALLS, 1); return 0; }
  if (!strcmp(verb, "reinit")) { for (int i = 0; i < APPS; i++) if (apps[i].used) post(&apps[i], 0, LINE_LINEDEVSTATE, 0, LINEDEVSTATE_REINIT, 0, 0); return 0; }
  if (!strcmp(verb, "refuse")) {
    char code[32] = "0"; sscanf(text, "%*s %47s %31s", name, code);
    LONG number = (LONG)strtoul(code, NULL, 0);
    for (int i = 0; i < 16; i++) if (!strcmp(refusals[i].name, name)) { refusals[i].code = number; return 0; }
    for (int i = 0; i < 16; i++) if (!refusals[i].name[0]) { strcpy(refusals[i].name, name); refusals[i].code = number; return 0; }
    return -1;
  }
  if (!strcmp(verb, "grow")) { grow = a; return 0; }
  if (!strcmp(verb, "hollow")) { hollow = a; for (int i = 0; i < APPS; i++) if (apps[i].used) SetEvent(apps[i].event); return 0; }
  if (!strcmp(verb, "deaf")) { deaf = a; return 0; }
  if (!strcmp(verb, "forward")) {
    char to[32] = "-"; sscanf(text, "%*s %*s %*s %31s", to);
    struct device *v = device_of(d); if (!v) return -1;
    if (!b) v->forwards = 0;
    else if (v->forwards < FORWARDS) {
      memset(&v->forward[v->forwards], 0, sizeof v->forward[0]);
      v->forward[v->forwards].mode = b;
      if (strcmp(to, "-")) MultiByteToWideChar(CP_UTF8, 0, to, -1, v->forward[v->forwards].to, 32);
      v->forwards++;
    }
    tell_address(d, LINEADDRESSSTATE_FORWARD);
    return v->forwards;
  }
  int count = 0;
  if (!strcmp(verb, "handles")) { for (int i = 0; i < HANDLES; i++) count += handles[i].used; return count; }
  if (!strcmp(verb, "lines")) { for (int i = 0; i < LINES; i++) count += lines[i].used; return count; }
  if (!strcmp(verb, "apps")) { for (int i = 0; i < APPS; i++) count += apps[i].used; return count; }
  if (!strcmp(verb, "posted")) { for (int i = 0; i < APPS; i++) if (apps[i].used) count += apps[i].tail - apps[i].head; return count; }
  struct device *v = device_of(d);
  if (!v) return -1;
  if (!strcmp(verb, "forwards")) return v->forwards;
  if (b < 0 || b >= v->forwards) return -1;
  if (!strcmp(verb, "forward-mode")) return v->forward[b].mode;
  if (!strcmp(verb, "forward-dnd")) return !v->forward[b].to[0];
  if (!strcmp(verb, "forward-to")) return wcstol(v->forward[b].to, NULL, 10);
  return -1;
}
EXP double_say(const char *text) { EnterCriticalSection(&cs); LONG answer = say(text); LeaveCriticalSection(&cs); return answer; }

static DWORD WINAPI script(LPVOID x) {
  char line[256]; FILE *f = NULL, *answers = getenv("OFFHOOK_TAPI_ANSWERS") ? fopen(getenv("OFFHOOK_TAPI_ANSWERS"), "ab") : NULL; (void)x;
  for (;;) {
    if (!f) f = fopen(getenv("OFFHOOK_TAPI_SCRIPT"), "r");
    while (f && fgets(line, sizeof line, f)) {
      line[strcspn(line, "\r\n")] = 0;
      if (!*line) continue;
      LONG answer = double_say(line);
      if (answers) { fprintf(answers, "%ld\n", answer); fflush(answers); }
    }
    if (f) fseek(f, 0, SEEK_CUR); /* Forgets that the end was reached. */
    Sleep(20);
  }
  return 0;
}
BOOL WINAPI DllMain(HINSTANCE h, DWORD why, LPVOID x) {
  (void)h; (void)x;
  if (why == DLL_PROCESS_ATTACH && !is_ready) {
    is_ready = 1; InitializeCriticalSection(&cs); reset();
    if (getenv("OFFHOOK_TAPI_SCRIPT")) CreateThread(NULL, 0, script, NULL, 0, NULL);
  }
  return TRUE;
}

EXP lineInitializeExW(LPHLINEAPP app, HINSTANCE h, LINECALLBACK back, LPCWSTR name, LPDWORD count, LPDWORD version, LPLINEINITIALIZEEXPARAMS p) {
  (void)h;
  BEGIN("lineInitializeExW");
  if (!app || !count || !version || !p) END(LINEERR_INVALPOINTER);
  if (p->dwTotalSize < sizeof *p) END(LINEERR_STRUCTURETOOSMALL);
  if ((p->dwOptions & 3) != LINEINITIALIZEEXOPTION_USEEVENT || back) END(LINEERR_INVALPARAM);
  if (!name || !*name) END(LINEERR_INVALAPPNAME);
  if (*version < 0x20000) END(LINEERR_INCOMPATIBLEAPIVERSION);
  for (int i = 0; i < APPS; i++) if (!apps[i].used) {
    apps[i].used = 1; apps[i].handle = next_handle++; apps[i].head = apps[i].tail = 0;
    /* As the real one: it stays set until all has been taken. */
    apps[i].event = CreateEventW(NULL, TRUE, FALSE, NULL);
    p->Handles.hEvent = apps[i].event; p->dwNeededSize = p->dwUsedSize = sizeof *p;
    *app = apps[i].handle; *version = 0x20002;
    for (*count = DEVICES; *count && !devices[*count - 1].there; --*count) {}
    END(0);
  }
  END(LINEERR_RESOURCEUNAVAIL);
}
EXP lineShutdown(HLINEAPP a) {
  BEGIN("lineShutdown");
  struct app *app = app_of(a);
  if (!app) END(LINEERR_INVALAPPHANDLE);
  for (int i = 0; i < LINES; i++) if (lines[i].used && lines[i].app == app) drop_line(&lines[i], 0);
  app->used = 0; CloseHandle(app->event); app->event = NULL;
  END(0);
}
EXP lineNegotiateAPIVersion(HLINEAPP a, DWORD dev, DWORD lo, DWORD hi, LPDWORD version, LPLINEEXTENSIONID ext) {
  BEGIN("lineNegotiateAPIVersion");
  if (!app_of(a)) END(LINEERR_INVALAPPHANDLE);
  if (dev >= DEVICES) END(LINEERR_BADDEVICEID);
  if (!device_of(dev)) END(LINEERR_NODEVICE);
  if (!version || !ext) END(LINEERR_INVALPOINTER);
  if (lo > hi || hi < 0x20002) END(LINEERR_INCOMPATIBLEAPIVERSION);
  *version = 0x20002; memset(ext, 0, sizeof *ext);
  END(0);
}
/* How much a structure needs, with what a test wants it to grow by; nought: it has fitted. */
static DWORD needs(DWORD total, DWORD need) { if (grow > 0) { grow--; return total + 64; } return need; }
#define ROOM(x, fixed) if (!(x)) END(LINEERR_INVALPOINTER); DWORD total = (x)->dwTotalSize; if (total < (fixed)) END(LINEERR_STRUCTURETOOSMALL); memset((char *)(x) + 4, 0, (fixed) - 4);
/* What TAPI 2.2 has of each; the header's own structures end with what version 3 added. */
#define CAPS_FIXED 268

EXP lineGetDevCapsW(HLINEAPP a, DWORD dev, DWORD version, DWORD ext, LPLINEDEVCAPS c) {
  (void)ext;
  BEGIN("lineGetDevCapsW");
  if (!app_of(a)) END(LINEERR_INVALAPPHANDLE);
  struct device *v = device_of(dev);
  if (!v) END(LINEERR_NODEVICE);
  if (version != 0x20002) END(LINEERR_INCOMPATIBLEAPIVERSION);
  static const WCHAR provider[] = L"Double TSP";
  ROOM(c, CAPS_FIXED)
  DWORD name = (wcslen(v->name) + 1) * 2, need = needs(total, CAPS_FIXED + name + sizeof provider);
  c->dwNeededSize = need; c->dwUsedSize = CAPS_FIXED;
  c->dwPermanentLineID = v->id; c->dwMediaModes = v->media; c->dwNumAddresses = 1; c->dwMaxNumActiveCalls = 2;
  c->dwStringFormat = STRINGFORMAT_UNICODE; c->dwLineFeatures = v->line_features;
  if (total < need) END(0);
  memcpy((char *)c + CAPS_FIXED, v->name, name); c->dwLineNameSize = name; c->dwLineNameOffset = CAPS_FIXED;
  memcpy((char *)c + CAPS_FIXED + name, provider, sizeof provider); c->dwProviderInfoSize = sizeof provider; c->dwProviderInfoOffset = CAPS_FIXED + name;
  c->dwUsedSize = need;
  END(0);
}
EXP lineGetAddressCapsW(HLINEAPP a, DWORD dev, DWORD address, DWORD version, DWORD ext, LPLINEADDRESSCAPS c) {
  (void)ext;
  BEGIN("lineGetAddressCapsW");
  if (!app_of(a)) END(LINEERR_INVALAPPHANDLE);
  struct device *v = device_of(dev);
  if (!v) END(LINEERR_NODEVICE);
  if (address) END(LINEERR_INVALADDRESSID);
  if (version != 0x20002) END(LINEERR_INCOMPATIBLEAPIVERSION);
  ROOM(c, sizeof *c)
  c->dwNeededSize = needs(total, sizeof *c); c->dwUsedSize = sizeof *c; c->dwLineDeviceID = dev;
  c->dwAddressFeatures = v->address_features; c->dwMaxForwardEntries = v->most_forwards;
  c->dwForwardModes = LINEFORWARDMODE_UNCOND | LINEFORWARDMODE_BUSY | LINEFORWARDMODE_NOANSW;
  END(0);
}
EXP lineOpenW(HLINEAPP a, DWORD dev, LPHLINE l, DWORD version, DWORD ext, DWORD_PTR instance, DWORD privilege, DWORD media, LPLINECALLPARAMS const p) {
  (void)p;
  BEGIN("lineOpenW");
  struct app *app = app_of(a);
  if (!app) END(LINEERR_INVALAPPHANDLE);
  struct device *v = device_of(dev);
  if (!v) END(dev < DEVICES ? LINEERR_NODEVICE : LINEERR_BADDEVICEID);
  if (version != 0x20002) END(LINEERR_INCOMPATIBLEAPIVERSION);
  if (ext) END(LINEERR_INCOMPATIBLEEXTVERSION);
  if (privilege != LINECALLPRIVILEGE_MONITOR) END(LINEERR_INVALPRIVSELECT);
  if (!media || (media & ~v->media)) END(LINEERR_INVALMEDIAMODE);
  if (!l) END(LINEERR_INVALPOINTER);
  for (int i = 0; i < LINES; i++) if (!lines[i].used) {
    lines[i] = (struct line){ 1, next_handle++, app, dev, instance, 0, 0 };
    *l = lines[i].handle;
    END(0);
  }
  END(LINEERR_RESOURCEUNAVAIL);
}
EXP lineClose(HLINE l) {
  BEGIN("lineClose");
  struct line *line = line_of(l);
  if (!line) END(LINEERR_INVALLINEHANDLE);
  drop_line(line, 0);
  END(0);
}
EXP lineSetStatusMessages(HLINE l, DWORD line_states, DWORD address_states) {
  BEGIN("lineSetStatusMessages");
  struct line *line = line_of(l);
  if (!line) END(LINEERR_INVALLINEHANDLE);
  if (line_states & ~0x1FFFFFF) END(LINEERR_INVALLINESTATE);
  if (address_states & ~0x1FF) END(LINEERR_INVALADDRESSSTATE);
  line->line_states = line_states; line->address_states = address_states;
  END(0);
}
EXP lineGetMessage(HLINEAPP a, LPLINEMESSAGE m, DWORD limit) {
  BEGIN("lineGetMessage");
  struct app *app = app_of(a);
  if (!app) END(LINEERR_INVALAPPHANDLE);
  if (!m) END(LINEERR_INVALPOINTER);
  if (limit) END(LINEERR_INVALPARAM); /* Who waits in here can't be told to stop. */
  if (hollow) { SetEvent(app->event); END(0); }
  if (app->head == app->tail) { ResetEvent(app->event); END(LINEERR_OPERATIONFAILED); }
  *m = app->queue[app->head++ % QUEUE];
  if (app->head == app->tail) ResetEvent(app->event);
  END(0);
}
EXP lineGetNewCalls(HLINE l, DWORD address, DWORD select, LPLINECALLLIST list) {
  (void)address;
  BEGIN("lineGetNewCalls");
  struct line *line = line_of(l);
  if (!line) END(LINEERR_INVALLINEHANDLE);
  if (select != LINECALLSELECT_LINE) END(LINEERR_INVALCALLSELECT);
  ROOM(list, sizeof *list)
  int fresh[CALLS], count = 0;
  for (int c = 0; !deaf && c < CALLS; c++) {
    int known = 0;
    for (int i = 0; i < HANDLES; i++) known |= handles[i].used && handles[i].line == line && handles[i].call == &calls[c];
    if (calls[c].used && calls[c].device == line->device && !known) fresh[count++] = c;
  }
  DWORD need = needs(total, sizeof *list + count * sizeof(HCALL));
  list->dwNeededSize = need; list->dwUsedSize = sizeof *list;
  if (total < need) END(0);
  HCALL *out = (HCALL *)((char *)list + sizeof *list);
  for (int i = 0; i < count; i++) { struct handle *h = hand_out(line, &calls[fresh[i]]); out[i] = h ? h->handle : 0; }
  list->dwCallsNumEntries = count; list->dwCallsSize = count * sizeof(HCALL); list->dwCallsOffset = sizeof *list; list->dwUsedSize = need;
  END(0);
}
EXP lineGetCallStatus(HCALL h, LPLINECALLSTATUS s) {
  BEGIN("lineGetCallStatus");
  struct handle *handle = handle_of(h);
  if (!handle) END(LINEERR_INVALCALLHANDLE);
  ROOM(s, sizeof *s)
  s->dwNeededSize = needs(total, sizeof *s); s->dwUsedSize = sizeof *s;
  s->dwCallState = handle->call->state; s->dwCallStateMode = handle->call->mode; s->dwCallPrivilege = LINECALLPRIVILEGE_MONITOR;
  END(0);
}
EXP lineGetLineDevStatusW(HLINE l, LPLINEDEVSTATUS s) {
  BEGIN("lineGetLineDevStatusW");
  struct line *line = line_of(l);
  if (!line) END(LINEERR_INVALLINEHANDLE);
  ROOM(s, sizeof *s)
  s->dwNeededSize = needs(total, sizeof *s); s->dwUsedSize = sizeof *s; s->dwNumOpens = 1;
  for (int c = 0; c < CALLS; c++) s->dwNumActiveCalls += calls[c].used && calls[c].device == line->device && calls[c].state == LINECALLSTATE_CONNECTED;
  END(0);
}
EXP lineGetAddressStatusW(HLINE l, DWORD address, LPLINEADDRESSSTATUS s) {
  BEGIN("lineGetAddressStatusW");
  struct line *line = line_of(l);
  if (!line) END(LINEERR_INVALLINEHANDLE);
  if (address) END(LINEERR_INVALADDRESSID);
  struct device *v = &devices[line->device];
  ROOM(s, sizeof *s)
  DWORD at = sizeof *s, text = at + v->forwards * sizeof(forward2), need = text;
  for (int i = 0; i < v->forwards; i++) {
    if (v->forward[i].caller[0]) need += (wcslen(v->forward[i].caller) + 1) * 2;
    if (v->forward[i].to[0]) need += (wcslen(v->forward[i].to) + 1) * 2;
  }
  DWORD want = needs(total, need);
  s->dwNeededSize = want; s->dwUsedSize = sizeof *s; s->dwAddressFeatures = v->address_features; s->dwNumRingsNoAnswer = v->rings;
  if (total < want) END(0);
  forward2 *f = (forward2 *)((char *)s + at);
  for (int i = 0; i < v->forwards; i++) {
    memset(&f[i], 0, sizeof *f);
    f[i].mode = v->forward[i].mode; f[i].country = v->forward[i].country;
    WCHAR *texts[2] = { v->forward[i].caller, v->forward[i].to };
    for (int t = 0; t < 2; t++) if (texts[t][0]) {
      DWORD size = (wcslen(texts[t]) + 1) * 2;
      memcpy((char *)s + text, texts[t], size);
      if (t) { f[i].to_size = size; f[i].to_offset = text; } else { f[i].caller_size = size; f[i].caller_offset = text; }
      text += size;
    }
  }
  s->dwForwardNumEntries = v->forwards; s->dwForwardSize = v->forwards * sizeof(forward2); s->dwForwardOffset = v->forwards ? at : 0; s->dwUsedSize = text;
  END(0);
}
static int text_of(WCHAR *out, const char *list, DWORD total, DWORD size, DWORD offset) {
  out[0] = 0;
  if (!size) return 1;
  if (size % 2 || size > 62 || offset < 8 || offset > total || size > total - offset) return 0;
  memcpy(out, list + offset, size); out[size / 2] = 0;
  return 1;
}
EXP lineForwardW(HLINE l, DWORD all, DWORD address, LPLINEFORWARDLIST const list, DWORD rings, LPHCALL consult, LPLINECALLPARAMS const p) {
  (void)p;
  BEGIN("lineForwardW");
  struct line *line = line_of(l);
  if (!line) END(LINEERR_INVALLINEHANDLE);
  if (all || address) END(LINEERR_INVALADDRESSID);
  if (!consult) END(LINEERR_INVALPOINTER);
  struct device *v = &devices[line->device], after = *v;
  if (!(v->address_features & LINEADDRFEATURE_FORWARD)) END(LINEERR_OPERATIONUNAVAIL);
  *consult = 0; after.forwards = 0; after.rings = rings;
  LONG outcome = refused("LINE_REPLY");
  if (list) {
    const char *bytes = (const char *)list; const forward2 *f = (const forward2 *)(bytes + 8);
    DWORD total = list->dwTotalSize, count = list->dwNumEntries;
    if (total < 8 + count * sizeof *f) END(LINEERR_STRUCTURETOOSMALL);
    if (!count || count > v->most_forwards || count > FORWARDS) END(LINEERR_INVALPARAM);
    int unconditional = 0;
    for (DWORD i = 0; i < count; i++) {
      after.forward[i].mode = f[i].mode; after.forward[i].country = f[i].country;
      if (!text_of(after.forward[i].caller, bytes, total, f[i].caller_size, f[i].caller_offset)) END(LINEERR_INVALPARAM);
      if (!text_of(after.forward[i].to, bytes, total, f[i].to_size, f[i].to_offset)) END(LINEERR_INVALPARAM);
      unconditional += f[i].mode == LINEFORWARDMODE_UNCOND;
      if (!after.forward[i].to[0] && !(v->address_features & LINEADDRFEATURE_FORWARDDND)) END(LINEERR_INVALADDRESS);
    }
    if (unconditional > 1) END(LINEERR_INVALPARAM);
    after.forwards = count;
  }
  DWORD request = next_request++;
  post(line->app, 0, LINE_REPLY, line->instance, request, (DWORD)outcome, 0);
  if (!outcome) { *v = after; tell_address(line->device, LINEADDRESSSTATE_FORWARD); }
  END((LONG)request);
}
EXP lineDeallocateCall(HCALL h) {
  BEGIN("lineDeallocateCall");
  struct handle *handle = handle_of(h);
  if (!handle) END(LINEERR_INVALCALLHANDLE);
  handle->used = 0; free_calls();
  END(0);
}
