#!/bin/bash
# What a bare Debian sees of Offhook, run in one as root: an administrator puts the package on with a key file and a
# policy, a new user goes through the first run against the pretend company, and it is taken off again. `cargo xtask
# package --try` makes the Debian, in a folder, and lays into /try the package as offhook.deb and the playground's program.
#
# Nothing here needs more than the bare system has: bash for HTTP, perl-base for the control socket. There is no window in
# it: the steps of the first run are the commands that the window would send.
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
starts() { # the resident program, until it answers
  nora sh -c 'cd; exec offhook --no-tray >offhook.log 2>&1' &
  resident=$!
  until_it_is 20 "the program" nora offhookctl status
}
ends() {
  nora offhookctl quit
  wait "$resident" || fail "it did not end well"
}
doctor_says() { # the doctor ends with 1 where it finds something
  nora offhookctl doctor >/tmp/doctor || [ $? -eq 1 ] || fail "the doctor"
  grep -qF "$1" /tmp/doctor || fail "the doctor does not say '$1': $(cat /tmp/doctor)"
}
stored() { grep -qE "^$2 = \"?$3\"?$" <(sed -n "/^\[$1\]/,/^\[/p" /home/nora/.local/state/offhook/settings.toml); }

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

step "a new user, and the company"
useradd --create-home nora
nora /try/offhook-playground --data-dir /home/nora/company >/tmp/company.json &
company=$!
trap 'kill "$company" 2>/dev/null || true' EXIT
until_it_is 20 "the pretend company" grep -q control_url /tmp/company.json
word() { grep -o "\"$1\":\"[^\"]*\"" /tmp/company.json | head -n 1 | cut -d'"' -f4; }
port=$(word control_url | sed 's|.*:||; s|/.*||')
setting() { sed -n "/^\[$1\]/,/^\[/s/^$2 = \"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" /home/nora/company/settings.toml | head -n 1; }

step "the administrator makes a signed key file and a policy, and puts both where ADMIN.md says"
(
  umask 077
  mkdir /root/roll-out && cd /root/roll-out
  openssl genpkey -algorithm ed25519 -out signer.pem
  offhookctl key new --name pbx.example.com --kind "$(setting phone kind)" --host "$(setting phone host)" \
    --port "$(setting phone port)" --issuer "IT Example" --valid-days 30 --sign signer.pem --out pbx.example.com.pbxkey
  signer=$(offhookctl key show pbx.example.com.pbxkey | sed -n 's/^signer *//p')
  {
    echo '[microsoft]'
    for key in cloud tenant client_id login_url graph_url; do echo "$key = \"$(setting microsoft "$key")\""; done
    printf '[phone]\nkey_file = "/etc/offhook/pbx.example.com.pbxkey"\nkey_signers = ["%s"]\n' "$signer"
    printf '[store]\nsecrets = "file"\n'
  } >policy.toml
  install -d -m 0755 /etc/offhook
  # At first as it was made, for the administrator alone.
  install -m 0600 pbx.example.com.pbxkey /etc/offhook/
  install -m 0644 policy.toml /etc/offhook/
)
step "a key file that the user may not read is refused, and the doctor says so"
starts
doctor_says "PBXKEY_NOT_READABLE"
if stored phone host "$(setting phone host)"; then fail "it was taken over all the same"; fi
ends
step "one that the user may read sets up the phone system, without a question"
install -m 0644 /root/roll-out/pbx.example.com.pbxkey /etc/offhook/
starts
says '"state":"signed-out"' || fail "a fresh start is $(nora offhookctl status --json)"
for key in kind host port; do
  until_it_is 20 "the $key of the key file" stored phone "$key" "$(setting phone "$key")"
done
doctor_says "Set by your organisation: 8."
if grep -F "forced-key-refused" /tmp/doctor; then fail "the key file was refused"; fi

step "the first run: who the user is at the phone system, which no policy knows"
# And that the pretend phone system speaks without TLS, which no key file says.
page '{"first_run":"next"}'
page "{\"apply\":{\"phone.tls\":\"off\",\"phone.user\":\"$(setting phone user)\",\"phone.extension\":\"$(setting phone extension)\"}}"

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
doctor_says "Set by your organisation: 8."
cat /tmp/doctor
page '{"autostart":{"on":false}}'
step "leaves, and takes along what was stored"
nora offhookctl sign-out
nora offhookctl secret remove all
if grep -E 'microsoft|phone/' /home/nora/.local/state/offhook/secrets.json; then fail "something secret is left"; fi
ends

step "takes it off, and the administrator what the roll-out put beside it"
rm -r /etc/offhook /root/roll-out
apt-get remove -q -y offhook >/tmp/apt.log 2>&1 || { cat /tmp/apt.log >&2; fail "apt refused"; }
if find / -xdev \( -path /proc -o -path /try -o -path /var -o -path /home \) -prune -o -name '*offhook*' -print | grep .; then
  fail "that is left of the package"
fi
# What stays is the user's: a package removes nothing from homes, and who puts Offhook on again goes on where they were.
declare -A stays=(
  [settings.toml]="the settings"
  [settings.last.toml]="the settings as they could be read last"
  [keys.json]="which key file was agreed to, and who signed it: another signer is refused after a new installation too"
  [ledger.json]="what Offhook still held on the phone: nothing, and how far apart Microsoft wants the reads"
  [secrets.json]="where passwords and tokens were: emptied above"
  [hook.json]="where softphones report calls, and their token: what is set up in them goes on working after a new installation"
  [lock]="empty; held while Offhook runs"
  [logs/offhook.log]="the log, for whoever asks why it was taken off"
)
echo "in the home of the user are left:"
find /home/nora ! -type d -newer /tmp/before ! -path '/home/nora/company/*' ! -path /home/nora/offhook.log -printf '%P\n' | sort >/tmp/left
while read -r file; do
  why=${stays[${file#.local/state/offhook/}]-}
  case $file in .local/state/offhook/*) ;; *) why= ;; esac
  [ -n "$why" ] || fail "$file is left, which is more than settings"
  printf '  %s (%s bytes): %s\n' "$file" "$(stat -c %s "/home/nora/$file")" "$why"
done </tmp/left
for file in settings.toml keys.json; do
  grep -qx ".local/state/offhook/$file" /tmp/left || fail "$file is gone, and it is the user's"
done
data=/home/nora/.local/state/offhook
if [ -s "$data/lock" ]; then fail "something is in $data/lock"; fi
if grep -rlF "$password" "$data"; then fail "the password is left"; fi
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
