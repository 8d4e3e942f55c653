import { hostname } from "node:os";
import {
  ESCAPED,
  kills,
  leaks,
  leaksServer,
  limitOfSheep,
  loses,
  marks,
  marksIn,
  niceOfSheep,
  outside,
  perl,
  rows,
  says,
  survives,
} from "./sandbox-proofs.ts";
import type { Attack } from "./sandbox-proofs.ts";
import { OWN_USER, modeOf } from "./sandbox-scene.ts";
import { callNumber as call } from "./sandbox-victim.ts";

const READS = rows(leaks, [
  ["reads a file outside", "cat $OUT/secret"],
  ["reads by going up", "cat ../outside/secret"],
  ["reads a key in a home", "cat $OUT/.ssh/id_ed25519"],
  ["reads through a link it made", "ln -s $OUT/secret l; cat l"],
  ["reads through a link to a directory", "ln -s $OUT d; cat d/secret"],
  ["reads through a hard link it made", "ln $OUT/secret h; cat h"],
  ["reads through /proc/self/root", "cat /proc/self/root$OUT/secret"],
  ["reads through /proc/self/cwd", "cd $OUT; cat /proc/self/cwd/secret"],
  ["reads through a descriptor of a directory", "exec 9< $OUT; cat /proc/self/fd/9/secret"],
  ["lists a directory outside", "ls -R $OUT"],
  ["lists with a glob of the shell", "echo $OUT/*"],
  ["packs it with tar", "tar -cf - -C $OUT secret | tar -xO"],
  ["finds it with find", "find $OUT -name secret -exec cat {} +"],
  ["shows it with git", "git diff --no-index /dev/null $OUT/secret"],
  ["reads it with the shell itself", 'echo "$(< $OUT/secret)"'],
  ["reads it with perl", perl('open F, "<", "$ENV{OUT}/secret"; print <F>')],
  ["copies it into the workspace", "cp $OUT/secret stolen; cat stolen"],
  ["moves it into the workspace", "mv $OUT/secret stolen; cat stolen"],
  ["passes it as arguments", "xargs -a $OUT/secret echo"],
  ["sources it as a script", ". $OUT/secret"],
]);

const PROCESSES = [
  ...rows(leaks, [
    ["reads a process's environment", "cat /proc/$VICTIM/environ"],
    ["reads a process's arguments", "cat /proc/$VICTIM/cmdline"],
    ["reads a process's directory", "cat /proc/$VICTIM/cwd/secret"],
    ["reads through a process's root", "cat /proc/$VICTIM/root$OUT/secret"],
    ["reads a process's open file", "cat /proc/$VICTIM/fd/3"],
    ["reads the arguments of all", "cat /proc/[0-9]*/cmdline"],
    [
      "reads a process's memory",
      perl(
        'open M, "<", "/proc/$ENV{VICTIM}/maps" or die; ($a, $b) = map { hex } (join "", grep { /heap/ } <M>) =~ /^(\\w+)-(\\w+)/;' +
          ' open F, "<", "/proc/$ENV{VICTIM}/mem" or die; sysseek F, $a, 0; sysread F, $x, $b - $a; print $x =~ /memory:(\\w+)/',
      ),
    ],
    [
      "takes a process's open file by pidfd",
      perl(
        `$p = syscall(${call(434, 434)}, $ENV{VICTIM} + 0, 0); $f = syscall(${call(438, 438)}, $p, 3, 0); open F, "<&=", $f or die; seek F, 0, 0; print <F>`,
      ),
    ],
  ]),
  ...rows(leaksServer, [
    ["prints the server's environment", "env"],
    ["reads every environment it can", "cat /proc/[0-9]*/environ"],
  ]),
  ...rows(says, [
    ["sees a process of the machine", "[ -d /proc/$VICTIM ] && grep -q perl /proc/$VICTIM/comm && echo ESCAPED"],
    ["traces a process", perl(`${ESCAPED} if syscall(${call(101, 117)}, 16, $ENV{SHEEP} + 0, 0, 0) == 0`)],
    ["makes a process the first to be killed", "echo 999 > /proc/$SHEEP/oom_score_adj && echo ESCAPED"],
    ["binds a process to a processor", "taskset -p 1 $SHEEP && echo ESCAPED", "Signals and settings of other processes"],
  ]),
  ...rows(kills, [
    ["kills a process", "kill -9 $SHEEP", "Signals and settings of other processes"],
    ["kills a process by its group", "kill -9 $SHEEP; kill -9 -$SHEEP", "Signals and settings of other processes"],
    ["kills a process by thread id", perl(`syscall(${call(200, 130)}, $ENV{SHEEP} + 0, 9)`)],
    ["kills a process by pidfd", perl(`$p = syscall(${call(434, 434)}, $ENV{SHEEP} + 0, 0); syscall(${call(424, 424)}, $p, 9, 0, 0)`)],
  ]),
  ...rows(limitOfSheep, [["lowers a process's limits", "prlimit --pid $SHEEP --nofile=10", "Signals and settings of other processes"]]),
  ...rows(niceOfSheep, [["slows a process down", "renice -n 19 -p $SHEEP", "Signals and settings of other processes"]]),
  ...rows(survives, [
    ["leaves a daemon in a new session", "setsid bash -c 'exec -a $MARK sleep 30' > /dev/null 2>&1 & sleep 0.1"],
    ["leaves a job in the background", "bash -c 'exec -a $MARK sleep 30' > /dev/null 2>&1 & sleep 0.1"],
    [
      "leaves a daemon that forked twice",
      `${perl('fork and exit; setpgrp; fork and exit; open STDOUT, ">", "/dev/null"; open STDERR, ">&", STDOUT; $0 = $ENV{MARK}; sleep 30')}; sleep 0.1`,
    ],
    ["leaves a daemon that ignores signals", `trap '' TERM HUP INT; nohup bash -c 'exec -a $MARK sleep 30' > /dev/null 2>&1 & sleep 0.1`],
  ]),
];

const WRITES = [
  ...rows(marks, [
    ["writes outside", "echo x > $OUT/mark"],
    ["writes by going up", "echo x > ../outside/mark"],
    ["writes through a link", "ln -s $OUT d; echo x > d/mark"],
    ["writes through /proc/self/root", "echo x > /proc/self/root$OUT/mark"],
    ["makes a directory outside", "mkdir $OUT/mark"],
    ["makes a pipe outside", "mkfifo $OUT/mark"],
    ["makes a link outside", "ln -s $WS/readme $OUT/mark"],
    ["makes a hard link outside", "ln $WS/readme $OUT/mark"],
    ["makes a socket outside", perl('use Socket; socket S, PF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un("$ENV{OUT}/mark")')],
    ["copies a file outside", "cp readme $OUT/mark"],
    ["moves a file outside", "mv readme $OUT/mark"],
    ["unpacks an archive outside", "cp readme mark; tar -cf - mark | tar -x -C $OUT"],
    ["writes outside with dd", "dd if=readme of=$OUT/mark"],
    ["clones a repository outside", "git init -q $OUT/mark"],
  ]),
  ...rows(loses, [
    ["removes a file outside", "rm -f $OUT/secret"],
    ["empties a file outside", ": > $OUT/secret"],
    ["truncates a file outside by name", perl('truncate "$ENV{OUT}/secret", 0')],
    ["opens a file outside to read and truncate at once", perl(`$f = "$ENV{OUT}/secret"; syscall(${call(257, 56)}, -100, $f, 01000, 0)`)],
    ["renames a file outside", "mv $OUT/secret $OUT/other"],
    ["appends to a file outside", "echo x >> $OUT/secret"],
    ["exchanges a file outside", "echo x > own; mv -f own $OUT/secret"],
  ]),
  ...rows(
    (after) => modeOf(outside("secret", after)) === 0o777,
    [["changes the mode of a file outside", "chmod 777 $OUT/secret", "Names and metadata of other files"]],
  ),
  ...rows(
    (after) => modeOf(outside("", after)) === 0o700,
    [["closes a directory outside", "chmod 700 $OUT", "Names and metadata of other files"]],
  ),
  ...rows(says, [
    [
      "sets the time of a file outside",
      "touch -c -d 2001-01-01 $OUT/secret; [ $(stat -c %Y $OUT/secret) -lt 1000000000 ] && echo ESCAPED",
      "Names and metadata of other files",
    ],
    ["sees whether a file exists", "[ -e $OUT/secret ] && echo ESCAPED", "Names and metadata of other files"],
    ["sees the size of a file", "[ $(stat -c %s $OUT/secret) = 24 ] && echo ESCAPED", "Names and metadata of other files"],
    ["reads what /etc says of the machine", "cat /etc/debian_version /etc/os-release && echo ESCAPED"],
    ["lists the machine's devices", "ls /sys/class/net && echo ESCAPED"],
    ["lists the machine's state", "ls /var/lib && echo ESCAPED"],
  ]),
  ...rows(({ output }) => output.includes(hostname()), [["learns the machine's name", "uname -n", "The machine's name and load"]]),
  ...rows(marksIn("/tmp"), [["leaves a file in /tmp", "echo x > /tmp/$MARK"]]),
  ...rows(marksIn("/var/tmp"), [["leaves a file in /var/tmp", "echo x > /var/tmp/$MARK"]]),
  ...rows(marksIn("/dev/shm"), [["leaves a file in /dev/shm", "echo x > /dev/shm/$MARK"]]),
];

const NETWORK = rows(leaks, [
  ["connects to a local port", "cat < /dev/tcp/127.0.0.1/$PORT"],
  [
    "connects to a local port with perl",
    perl("use Socket; socket S, PF_INET, SOCK_STREAM, 0; connect S, sockaddr_in($ENV{PORT}, INADDR_LOOPBACK); print <S>"),
  ],
  ["asks a local port by datagram", "exec 9<> /dev/udp/127.0.0.1/$UPORT; echo x >&9; timeout 2 head -n 1 <&9"],
  [
    "connects to an abstract socket",
    perl('use Socket; socket S, PF_UNIX, SOCK_STREAM, 0; connect S, sockaddr_un("\\0$ENV{ABSTRACT}"); print <S>'),
  ],
  [
    "connects to a socket by name",
    perl('use Socket; socket S, PF_UNIX, SOCK_STREAM, 0; connect S, sockaddr_un("$ENV{OUT}/socket"); print <S>'),
  ],
  [
    "connects to a socket by a shorter name",
    `cd $OUT; ${perl('use Socket; socket S, PF_UNIX, SOCK_STREAM, 0; connect S, sockaddr_un("socket"); print <S>')}`,
  ],
  ["reads shared memory", perl("shmread $ENV{SHM}, $x, 0, 64; print $x")],
  ["takes a message of another's queue", `for i in 1 2 3; do ${perl("msgrcv $ENV{MSG}, $x, 100, 0, 0; print $x")}; done`],
]).concat(
  rows(says, [
    ["sees the machine's connections", `grep -qi ":$(printf %04X $PORT) " /proc/net/tcp && echo ESCAPED`],
    ["asks the kernel about the machine's network", perl(`socket S, 16, 3, 0 and ${ESCAPED}`)],
    ["changes another's semaphore", perl(`semop $ENV{SEM}, pack("s3", 0, 1, 0) and ${ESCAPED}`)],
    ["removes another's shared memory", perl(`shmctl $ENV{SHM}, 2, ($x = "\\0" x 200) and ${ESCAPED}`)],
    [
      "finds a key in the user's keyring",
      perl(`$t = "user"; $d = $ENV{ABSTRACT}; ${ESCAPED} if syscall(${call(250, 219)}, 10, -4, $t, $d, 0) > 0`),
    ],
    [
      "leaves a key in the user's keyring",
      perl(
        `($t, $d, $p) = ("user", "left", "x"); $k = syscall(${call(248, 217)}, $t, $d, $p, 1, -4); ${ESCAPED} if $k > 0; syscall(${call(250, 219)}, 21, $k)`,
      ),
    ],
    [
      "makes a message queue by name",
      perl(`$n = $ENV{MARK}; ${ESCAPED} if syscall(${call(240, 180)}, $n, 0102, 0600, 0) >= 0; syscall(${call(241, 181)}, $n)`),
    ],
  ]),
);

const SERVED: Attack = {
  name: "connects to a socket that someone else serves in the workspace",
  script: perl('use Socket; socket S, PF_UNIX, SOCK_STREAM, 0; connect S, sockaddr_un("socket-inside"); print <S>'),
  succeeded: leaks,
  escapes: { backend: "bwrap", heading: "Sockets and pipes in a workspace" },
};

const KERNEL = rows(says, [
  ["makes a user namespace", "unshare --user --map-root-user true && echo ESCAPED"],
  ["mounts a file system", "unshare --user --map-root-user --mount mount -t tmpfs none /mnt && echo ESCAPED"],
  ["binds a directory over another", "unshare --user --map-root-user --mount mount --bind . /mnt && echo ESCAPED"],
  ["makes a network of its own", "unshare --user --map-root-user --net true && echo ESCAPED"],
  ["makes processes of its own", "unshare --user --map-root-user --pid --fork true && echo ESCAPED"],
  ["changes its root", "unshare --user --map-root-user /usr/sbin/chroot / true && echo ESCAPED"],
  [
    "clones into a user namespace",
    perl(`$p = syscall(${call(56, 220)}, 0x10000011, 0, 0, 0, 0); if ($p == 0) { exit } ${ESCAPED} if $p > 0`),
  ],
  ["sets up io_uring", perl(`$x = "\\0" x 120; ${ESCAPED} if syscall(${call(425, 425)}, 4, $x) >= 0`)],
  ["handles page faults itself", perl(`${ESCAPED} if syscall(${call(323, 282)}, 1) >= 0`)],
  [
    "runs a program that is in no file",
    perl(
      `$^F = 99; $n = "x"; $f = syscall(${call(319, 279)}, $n, 0); open M, ">&=", $f or die; print M "#!/bin/sh\\necho ESCAPED\\n"; M->flush; exec "/proc/self/fd/$f"`,
    ),
  ],
  [
    "makes a file handle",
    perl(
      `$n = "/"; $h = pack("Ll", 128, 0) . "\\0" x 128; $m = pack("l", 0); ${ESCAPED} if syscall(${call(303, 264)}, -100, $n, $h, $m, 0) == 0`,
    ),
  ],
  ["reads pages of another process's placement", perl(`${ESCAPED} if syscall(${call(279, 239)}, $ENV{SHEEP} + 0, 0, 0, 0, 0, 0) == 0`)],
  ["can still gain privileges", "grep -q 'NoNewPrivs:.0' /proc/self/status && echo ESCAPED"],
  ["runs without a filter", "grep -q 'Seccomp:.0' /proc/self/status && echo ESCAPED"],
]);

const MIB = 1 << 20;
const RESOURCES = rows(says, [
  [
    "forks 150 processes",
    perl(`for (1..150) { $p = fork; if (!defined $p) { last } if (!$p) { sleep 2; exit } $n++ } kill 9, 0 if 0; ${ESCAPED} if $n == 150`) +
      "; kill %% 2>/dev/null",
  ],
  ["takes 600 MiB of memory", perl(`$x = "x" x ${600 * MIB}; ${ESCAPED}`)],
  [
    "takes 600 MiB in three processes",
    `${[1, 2, 3].map(() => `${perl(`$x = "x" x ${200 * MIB}; sleep 1; ${ESCAPED}`)} &`).join(" ")} wait`,
  ],
  [
    "takes memory that no process shows",
    perl(
      `$n = "x"; $f = syscall(${call(319, 279)}, $n, 0); open M, ">&=", $f; $x = "x" x ${MIB}; for (1..70) { syswrite M, $x } ${ESCAPED} if -s M == ${70 * MIB}`,
    ),
  ],
  ["takes 600 MiB of shared memory", perl(`$i = shmget 0, ${600 * MIB}, 01600; if (defined $i) { shmctl $i, 0, 0; ${ESCAPED} }`)],
  ["writes one file of 100 MiB", `head -c ${100 * MIB} /dev/zero > big; [ $(stat -c %s big) = ${100 * MIB} ] && echo ESCAPED`],
  [
    "writes 400 MiB into many files",
    `for i in $(seq 20); do head -c ${20 * MIB} /dev/urandom > part$i; done; [ -s part20 ] && sleep 0.5 && echo ESCAPED`,
  ],
  ["fills /dev/shm with 100 MiB", `head -c ${100 * MIB} /dev/zero > /dev/shm/$MARK && echo ESCAPED; rm -f /dev/shm/$MARK`],
]);

/** Only where "everyone" is nobody but us, and last, because the control ends the victim too. */
const LAST = OWN_USER === undefined ? [] : rows(kills, [["kills everyone", "kill -9 -1"]]);

/** For every backend. */
export const ATTACKS: readonly Attack[] = [...READS, ...PROCESSES, ...WRITES, ...NETWORK, SERVED, ...KERNEL, ...RESOURCES, ...LAST];
