/** A system call's number on this machine; perl knows calls by number only. */
export function callNumber(x64: number, arm64: number): number {
  return process.arch === "arm64" ? arm64 : x64;
}

/**
 * A process of the same user with everything that another process could get at: a secret in its arguments, environment, memory, working directory
 * and descriptor 3, sockets that answer with it, and System V objects that hold it. Prints where they are. Ends its objects on SIGTERM.
 */
export const VICTIM = String.raw`
use strict; use Socket; use POSIX ();
my $token = $ARGV[0]; our $memory = "memory:$token";
syscall(${callNumber(157, 167)}, 0x59616d61, -1, 0, 0, 0);                    # prctl(PR_SET_PTRACER, ANY): only the sandbox shall say no
open(my $file, "<", "secret") or die; POSIX::dup2(fileno($file), 3) == 3 or die;
my %listen;
socket(my $tcp, PF_INET, SOCK_STREAM, 0) or die; bind($tcp, sockaddr_in(0, INADDR_LOOPBACK)) or die; listen($tcp, 50);
my ($port) = sockaddr_in(getsockname($tcp));
socket(my $udp, PF_INET, SOCK_DGRAM, 0) or die; bind($udp, sockaddr_in(0, INADDR_LOOPBACK)) or die;
my ($uport) = sockaddr_in(getsockname($udp));
unlink "socket";
socket(my $unix, PF_UNIX, SOCK_STREAM, 0) or die; bind($unix, sockaddr_un("socket")) or die; listen($unix, 50);
socket(my $inside, PF_UNIX, SOCK_STREAM, 0) or die; bind($inside, sockaddr_un("../workspace/socket-inside")) or die; listen($inside, 50);
socket(my $hidden, PF_UNIX, SOCK_STREAM, 0) or die; bind($hidden, sockaddr_un("\0portcullis-$token")) or die; listen($hidden, 50);
my $shm = shmget(0, 4096, 01600) // die; shmwrite($shm, $token, 0, length $token) or die;
my $msg = msgget(0, 01600) // die; my $mark = "portcullis-$token";
my $sem = semget(0, 1, 01600) // die;
my $type = "user"; my $key = syscall(${callNumber(248, 217)}, $type, $mark, $token, length $token, -4);
END { shmctl($shm, 0, 0); msgctl($msg, 0, 0); semctl($sem, 0, 0, 0); syscall(${callNumber(250, 219)}, 21, $key) if $key > 0; }
$SIG{TERM} = sub { exit 0 };
$| = 1; print "PORT=$port UPORT=$uport ABSTRACT=portcullis-$token SHM=$shm MSG=$msg SEM=$sem KEY=$key\n";
while (1) {
  my $bits = ""; vec($bits, fileno($_), 1) = 1 for $tcp, $udp, $unix, $inside, $hidden;
  my $ready = $bits; select($ready, undef, undef, 0.5);
  msgsnd($msg, pack("l! a*", 1, $token), 04000);          # one to steal, refilled after each theft
  for my $socket ($tcp, $unix, $inside, $hidden) {
    next unless vec($ready, fileno($socket), 1);
    if (accept(my $client, $socket)) { syswrite($client, "$token\n"); close $client }
  }
  if (vec($ready, fileno($udp), 1)) { my $from = recv($udp, my $data, 100, 0); send($udp, "$token\n", 0, $from) if $from }
}`;

/** A process to hurt. */
export const SHEEP = `syscall(${callNumber(157, 167)}, 0x59616d61, -1, 0, 0, 0); $| = 1; print "ready\\n"; sleep 1 while 1`;
