#!/bin/bash
# What a new user of a bare Debian does, run in one as root: put the package on, go through the first run against the
# pretend company, take it off again. `cargo xtask package --try` makes the Debian, in a folder, and lays into /try the
# package as offhook.deb and the playground's program.
#
# Nothing here needs more than the bare system has: bash for HTTP, perl-base for the control socket.
set -euo pipefail

step() { printf -- '-- %s\n' "$*"; }
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 20 /home/nora/offhook.log >&2 2>/dev/null || true
  exit 1
}
until_it_is() { # SECONDS WHAT COMMAND…: waits until the command succeeds
  local left=$(($1 * 5)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "waited in vain for $what"
    sleep 0.2
  done
}
# Every file but what package managers keep for themselves, and what belongs to this trial.
everything() {
  LC_ALL=C find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /try -o -path /home \
    -o -path /var/cache -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -print | LC_ALL=C sort
}
nora() { runuser -u nora -- env -i HOME=/home/nora PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"; }
told() { # PATH JSON: tells the pretend company something
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'POST /playground/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "${#2}" "$2" >&3
  head -n 1 <&3 | grep -q ' 200 ' || fail "the pretend company refused $1 $2"
  exec 3<&- 3>&-
}
page() { # JSON…: commands as the window sends them, one after the other
  nora perl -e '
    use IO::Socket::UNIX;
    my $socket = IO::Socket::UNIX->new(Peer => shift) or die "no control socket: $!";
    $socket->autoflush(1);
    print $socket qq({"hello":{"protocol":1}}\n);
    my $id = 0;
    for my $command (@ARGV) {
      $id++;
      print $socket qq({"id":$id,"command":$command}\n);
      while (my $line = <$socket>) {
        die "refused: $line" if $line =~ /"refused":\{"id":$id\b/;
        last if $line =~ /"answer":\{"id":$id\b/;
      }
    }' /home/nora/.local/state/offhook/control.sock "$@" || fail "the program refused $*"
}
says() { nora offhookctl status --json | grep -q "$1"; }

export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
everything >/tmp/before

step "asks whether what its window needs can be had as well"
apt-get install -q -y --simulate --install-recommends /try/offhook.deb >/tmp/apt.log 2>&1 || { cat /tmp/apt.log >&2; fail "not installable"; }
grep -q '^Inst libwebkit2gtk-4.1-0 ' /tmp/apt.log || fail "the window's web engine does not come along"
step "puts the package on, with what it needs and without what its window needs"
apt-get install -q -y --no-install-recommends /try/offhook.deb >/tmp/apt.log 2>&1 || { cat /tmp/apt.log >&2; fail "apt refused"; }
offhook --version
if ldd /usr/bin/offhook /usr/bin/offhookctl | grep 'not found'; then fail "a library that the package does not ask for"; fi
for file in /usr/share/applications/offhook.desktop /usr/share/icons/hicolor/scalable/apps/offhook.svg /usr/bin/offhook-window; do
  [ -s "$file" ] || fail "$file is missing"
done
if find /etc -name '*offhook*' | grep .; then fail "something in /etc: it starts by itself, or would be left"; fi

step "a new user starts it and opens the first run"
useradd --create-home nora
nora /try/offhook-playground --data-dir /home/nora/company >/tmp/company.json &
company=$!
trap 'kill "$company" 2>/dev/null || true' EXIT
until_it_is 20 "the pretend company" grep -q control_url /tmp/company.json
word() { grep -o "\"$1\":\"[^\"]*\"" /tmp/company.json | head -n 1 | cut -d'"' -f4; }
port=$(word control_url | sed 's|.*:||; s|/.*||')
nora sh -c 'cd; exec offhook --no-tray >offhook.log 2>&1' &
resident=$!
until_it_is 20 "the program" nora offhookctl status
says '"state":"signed-out"' || fail "a fresh start is $(nora offhookctl status --json)"

step "tells it of the company, which a key file or a policy does elsewhere"
setting() { sed -n "/^\[$1\]/,/^\[/s/^$2 = \"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" /home/nora/company/settings.toml | head -n 1; }
draft=
for key in microsoft.cloud microsoft.tenant microsoft.client_id microsoft.login_url microsoft.graph_url \
  phone.kind phone.host phone.port phone.tls phone.user phone.extension store.secrets; do
  draft="$draft,\"$key\":\"$(setting "${key%%.*}" "${key##*.}")\""
done
page "{\"apply\":{${draft#,}}}" '{"first_run":"next"}'

step "signs in with a code"
nora offhookctl sign-in --device-code >/tmp/sign-in 2>&1 &
signing=$!
until_it_is 20 "a code" grep -qE '\b[A-Z0-9]{8,9}\b' /tmp/sign-in
told device "{\"user_code\":\"$(grep -oE '\b[A-Z0-9]{8,9}\b' /tmp/sign-in | head -n 1)\",\"person\":\"alice\"}"
wait "$signing" || fail "the sign-in: $(cat /tmp/sign-in)"
step "gives the phone's password, and finishes"
password=$(perl -ne 'print $1 if /"phone":\{[^}]*"password":"([^"]*)"/' /tmp/company.json)
printf %s "$password" | nora offhookctl secret set phone
page '{"first_run":"next"}' '{"first_run":"finish"}' '{"autostart":{"on":true}}'
told people/alice/teams '{"client":"available"}'
until_it_is 60 "phone and Teams" says '"state":"free"'
until_it_is 60 "the phone system" sh -c 'runuser -u nora -- offhookctl status --json | grep -q "\"phone\":{\"ok\":true"'
[ -f /home/nora/.config/autostart/offhook.desktop ] || fail "it does not start with the desktop"

step "Teams silences the phone, and no longer"
told people/alice/pick '{"status":"do-not-disturb"}'
until_it_is 60 "do not disturb" says '"dnd":{"value":true,"owner":"offhook"}'
told people/alice/pick '{"status":null}'
until_it_is 60 "its end" says '"dnd":{"value":false'
nora offhookctl doctor || [ $? -eq 1 ] || fail "the doctor"
page '{"autostart":{"on":false}}'
step "leaves, and takes along what was stored"
nora offhookctl sign-out
nora offhookctl secret remove all
if grep -E 'microsoft|phone/' /home/nora/.local/state/offhook/secrets.json; then fail "something secret is left"; fi
nora offhookctl quit
wait "$resident" || fail "it did not end well"

step "takes it off"
apt-get remove -q -y offhook >/tmp/apt.log 2>&1 || { cat /tmp/apt.log >&2; fail "apt refused"; }
if find / -xdev \( -path /proc -o -path /try -o -path /var -o -path /home \) -prune -o -name '*offhook*' -print | grep .; then
  fail "that is left of the package"
fi
echo "in the home of the user are left:"
find /home/nora -type f -newer /tmp/before ! -path '/home/nora/company/*' ! -path /home/nora/offhook.log -printf '  %P\n' | sort | tee /tmp/left
# Settings, what was stored beside them, and the log: nothing that runs, nothing that starts.
if grep -vE '^  \.local/state/offhook/(settings(\.last)?\.toml|ledger\.json|secrets\.json|lock|logs/[^/]+|[a-z-]+\.json|[a-z-]+\.toml)$' /tmp/left; then
  fail "that is more than settings"
fi
if ls /home/nora/.config/autostart/ 2>/dev/null | grep .; then fail "it would still start"; fi

step "purges it"
dpkg --purge offhook >/tmp/apt.log 2>&1 || { cat /tmp/apt.log >&2; fail "dpkg refused"; }
apt-get autoremove -q -y --purge >/tmp/apt.log 2>&1 || { cat /tmp/apt.log >&2; fail "apt refused"; }
if dpkg-query --show offhook 2>/dev/null | grep .; then fail "the system still knows it"; fi
kill "$company" 2>/dev/null || true
userdel --remove nora 2>/dev/null || true
everything >/tmp/after
# What it asked for may stay (apt keeps what another package would like), and so may what that made for itself.
LC_ALL=C sort -u /var/lib/dpkg/info/*.list >/tmp/owned
export LC_ALL=C
comm -13 /tmp/before /tmp/after | comm -23 - /tmp/owned >/tmp/left
if grep -vE '^/etc/((passwd|group|shadow|gshadow|subuid|subgid)-?|ld\.so\.cache|ssl/certs/.*|ca-certificates.*)$|^/usr/local/share/ca-certificates$' /tmp/left; then
  fail "that is left after the purge"
fi
step "nothing is left"
