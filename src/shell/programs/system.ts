/** Programs that tell about the machine, and those that act on it. */
import type { Program } from "../program.ts";
import { examineTest } from "./test-expression.ts";

const HELP = "--help --version";

/** Programs that change the machine or other processes: nothing they are given is covered by `...`. */
const ACTS: Program = { options: "", operands: "code" };

export const system: Readonly<Record<string, Program>> = {
  true: { set: "read-basic", options: HELP },
  false: { set: "read-basic", options: HELP },
  pwd: { set: "read-basic", options: `-L,--logical -P,--physical ${HELP}` },
  sleep: { set: "read-basic", options: HELP },
  nproc: { set: "read-basic", options: `--all --ignore= ${HELP}` },
  arch: { set: "read-basic", options: HELP },
  uname: {
    set: "read-basic",
    options: `-a,--all -s,--kernel-name -n,--nodename -r,--kernel-release -v,--kernel-version -m,--machine -p,--processor -i,--hardware-platform -o,--operating-system ${HELP}`,
  },
  whoami: { set: "read-basic", options: HELP },
  id: { set: "read-basic", options: `-a -Z,--context -g,--group -G,--groups -n,--name -r,--real -u,--user -z,--zero ${HELP}` },
  groups: { set: "read-basic", options: HELP },
  logname: { set: "read-basic", options: HELP },
  tty: { set: "read-basic", options: `-s,--silent,--quiet ${HELP}` },
  hostname: {
    options:
      "-a,--alias -A,--all-fqdns -d,--domain -f,--fqdn,--long -i,--ip-address -I,--all-ip-addresses -s,--short !-b,--boot !-F,--file=",
    operands: "code",
    set: "read-basic",
  },
  uptime: { set: "read-basic", options: "-p,--pretty -s,--since -h,--help -V,--version" },
  free: {
    set: "read-basic",
    options:
      "-b,--bytes --kilo --mega --giga --tera -k,--kibi -m,--mebi -g,--gibi --tebi -h,--human -w,--wide -c,--count= -l,--lohi -s,--seconds= --si -t,--total -V,--version --help",
  },
  which: { set: "read-basic", options: "-a,--all -s" },
  type: { set: "read-basic", options: "-a -t -p -P -f" },
  whereis: { set: "read-basic", options: "-b -m -s -u -l" },
  locale: { set: "read-basic", options: `-a,--all-locales -m,--charmaps -c,--category-name -k,--keyword-name ${HELP}` },
  getconf: { set: "read-basic", options: "-a -v=" },
  cal: { set: "read-basic", options: "-1,--one -3,--three -s,--sunday -m,--monday -j,--julian -y,--year -w,--week" },
  date: {
    set: "read-basic",
    options: `-d,--date= --debug -f,--file=@read -I,--iso-8601=? -R,--rfc-email --rfc-3339= -r,--reference=@list !-s,--set= -u,--utc,--universal --resolution ${HELP}`,
    // Anything but a format sets the clock.
    examine: (view) => {
      for (const { text, word } of view.operands) if (!text?.startsWith("+")) view.hazards.push({ word, reason: "sets the clock" });
    },
  },
  ps: {
    set: "read-basic",
    options:
      "-A -a -d -e -f -F -j -l -L -M -N -H -T -y -w -c -m -Z -C= -G= -g= -O= -o= -p= -q= -s= -t= -u= -U= --columns= --cols= --cumulative --deselect --forest --format= --headers --lines= --no-headers --no-heading --pid= --ppid= --rows= --sid= --sort= --tty= --user= --User= --group= --Group= --width= --info -V --version --help=?",
    // BSD options have no dash. `e` shows the environment of processes.
    examine: (view) => {
      for (const { text, word } of view.operands)
        if (!/^([aAcfgHhjlLmNnrSTuUvwxXZ]+|[0-9,]+|(o|O|k|p|q|t|U)[\w,%+-]*)$/.test(text ?? "") || /^[a-zA-Z]*e/.test(text ?? ""))
          view.hazards.push({ word, reason: "not an option of ps we know, or one that shows environments" });
    },
  },
  pgrep: {
    set: "read-basic",
    options:
      "-a,--list-full -c,--count -d,--delimiter= -f,--full -l,--list-name -n,--newest -o,--oldest -P,--parent= -u,--euid= -U,--uid= -v,--inverse -w,--lightweight -x,--exact -i,--ignore-case",
  },
  lsof: { options: "-i -n -P -t -a" },
  // The environment is our own, but a secret that was handed to a command can be asked for by its name.
  printenv: { options: `-0,--null ${HELP}`, examine: (view) => view.paths.push({ op: "read", path: "/proc/self/environ" }) },
  test: { set: "read-basic", examine: examineTest },
  "[": { set: "read-basic", examine: examineTest },
  ...Object.fromEntries(
    "kill pkill killall reboot shutdown halt poweroff systemctl service journalctl crontab at batch mount umount mkfs fdisk parted losetup swapon swapoff sysctl modprobe insmod rmmod dmesg useradd userdel usermod groupadd passwd chpasswd visudo iptables nft ip ifconfig route hostnamectl timedatectl loginctl nsenter apt apt-get dpkg yum dnf rpm pacman apk brew snap flatpak gdb lldb strace ltrace perf valgrind screen tmux fc xdg-open open osascript"
      .split(" ")
      .map((name) => [name, ACTS] as const),
  ),
};
