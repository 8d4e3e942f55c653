/** Programs that talk to other machines. */
import type { Program } from "../program.ts";
import { addUrl } from "../urls.ts";
import { uses, valuesOf } from "../view.ts";
import type { View } from "../view.ts";

/** `@file`, `name@file`, `name=@file`, `name=<file` in the data options of curl name files to upload. */
function uploads(view: View, names: readonly string[], pattern: RegExp): void {
  for (const value of valuesOf(view, ...names)) {
    if (value === null) view.paths.push({ op: "read", path: null });
    else {
      const file = pattern.exec(value)?.[1];
      if (file === "-") view.input = true;
      else if (file !== undefined) view.paths.push({ op: "read", path: file });
    }
  }
}

const CURL_DATA = ["-d", "--data", "--data-ascii", "--data-binary", "--json"];

function examineCurl(view: View): void {
  uploads(view, [...CURL_DATA, "-H", "--header", "--proxy-header"], /^@(.*)$/s);
  uploads(view, ["--data-urlencode", "--url-query"], /^[^=@]*@(.*)$/s);
  uploads(view, ["-F", "--form"], /^[^=]*=[@<]([^;,]*)/s);
  uploads(view, ["-b", "--cookie"], /^([^=]*)$/s);
  uploads(view, ["-w", "--write-out"], /^@(.*)$/s);
  if (valuesOf(view, "-w", "--write-out").some((value) => value?.includes("%output{")))
    view.hazards.push({ word: 1, reason: "a format that writes files" });
  const posts = uses(view, ...CURL_DATA, "--data-raw", "--data-urlencode", "-F", "--form", "--form-string") && !uses(view, "-G", "--get");
  const method =
    valuesOf(view, "-X", "--request").at(-1) ??
    (uses(view, "-I", "--head") ? "HEAD" : uses(view, "-T", "--upload-file") ? "PUT" : posts ? "POST" : "GET");
  for (const { text, word } of [...view.operands, ...valuesOf(view, "--url").map((text) => ({ text, word: 1 }))]) {
    if (text !== null && /[[\]{}]/.test(text) && !/^[a-z]+:\/\/\[[0-9a-f:.]+\]/i.test(text)) {
      view.hazards.push({ word, reason: "an address that stands for many" });
      continue;
    }
    addUrl(view, text, word, "http", method.toUpperCase());
    if (uses(view, "-O", "--remote-name", "--remote-name-all"))
      view.paths.push({ op: "write", path: text?.split(/[?#]/)[0]?.split("/").at(-1) ?? null });
  }
}

/** A command that reaches another machine: the host is a request, everything after it is run or sent there. */
function remote(scheme: string, options: string): Program {
  return {
    options,
    optionsFirst: true,
    examine: (view) => {
      const [host, ...rest] = view.operands;
      if (host === undefined) return;
      addUrl(view, host.text?.replace(/^.*@/, "") ?? null, host.word, scheme, "POST");
      for (const { word } of rest) view.hazards.push({ word, reason: "would run or be sent on the other machine" });
    },
  };
}

/** `host:path` operands reach that host; others are local: the last one is written. */
function examineCopy(view: View): void {
  view.operands.forEach(({ text, word }, index) => {
    const host =
      text === null ? null : (/^(?:[^/@]*@)?([^/:]+):/.exec(text)?.[1] ?? (text.includes("::") || text.includes("://") ? text : undefined));
    if (text === null || host !== undefined) addUrl(view, host ?? null, word, "ssh", "POST");
    else view.paths.push({ op: index > 0 && index === view.operands.length - 1 ? "write" : "read", path: text });
  });
}

/** Asks the network about a name: a lookup is already a message to the outside. */
const LOOKUP: Program = {
  options: "-4 -6 -c= -n -q -t= -w= -W= -i= -v -a -x --short",
  examine: (view) => {
    for (const { text, word } of view.operands) addUrl(view, text?.replace(/^[@+].*/, "") || null, word, "dns", "GET");
  },
};

export const network: Readonly<Record<string, Program>> = {
  curl: {
    options:
      "-s,--silent -S,--show-error -f,--fail --fail-with-body --fail-early -L,--location -i,--include,--show-headers -I,--head -v,--verbose -q,--disable -N,--no-buffer -g,--globoff -k,--insecure -m,--max-time= --connect-timeout= --retry= --retry-delay= --retry-max-time= --retry-all-errors --retry-connrefused --max-redirs= --max-filesize= --limit-rate= -A,--user-agent= -e,--referer= -H,--header= -X,--request= -d,--data,--data-ascii= --data-binary= --data-raw= --data-urlencode= --json= --url-query= -F,--form= --form-string= -G,--get -b,--cookie= -u,--user= --oauth2-bearer= -w,--write-out= -o,--output=@write -O,--remote-name --remote-name-all --create-dirs -c,--cookie-jar=@write -D,--dump-header=@write -T,--upload-file=@read --url= --compressed -0,--http1.0 --http1.1 --http2 --http3 -4,--ipv4 -6,--ipv6 -#,--progress-bar --no-progress-meter -r,--range= -z,--time-cond= --tlsv1.2 --tlsv1.3 --path-as-is --location-trusted --raw --tr-encoding -h,--help=? -V,--version -M,--manual --cacert=@read --stderr=@write --trace=@write --trace-ascii=@write --trace-time -E,--cert=@read --key=@read --no-keepalive -j,--junk-session-cookies -C,--continue-at= -Y,--speed-limit= -y,--speed-time= !-K,--config= !--proto= !--unix-socket= !--abstract-unix-socket= !-x,--proxy= !--preproxy= !--socks4= !--socks4a= !--socks5= !--socks5-hostname= !--resolve= !--connect-to= !--interface= !--dns-servers= !--doh-url= !-n,--netrc !--netrc-file= !--netrc-optional !--capath= !--engine= !-Q,--quote= !-J,--remote-header-name !--output-dir= !-t,--telnet-option= !--libcurl= !--hsts= !--alt-svc= !--etag-save= !--etag-compare= !-Z,--parallel !-:,--next !-P,--ftp-port= !--mail-from= !--proxy-header= !--krb=",
    examine: examineCurl,
  },
  wget: {
    options:
      "-q,--quiet -v,--verbose -nv,--no-verbose -S,--server-response -O,--output-document=@write -T,--timeout= -t,--tries= -c,--continue -N,--timestamping --spider -U,--user-agent= --header= --post-data= --post-file=@read --body-data= --body-file=@read --method= --no-check-certificate --max-redirect= -4,--inet4-only -6,--inet6-only --https-only -V,--version -h,--help -P,--directory-prefix=@write -o,--output-file=@write -a,--append-output=@write --show-progress --progress= !-e,--execute= !--config= !-i,--input-file= !-r,--recursive !-m,--mirror !-p,--page-requisites !-k,--convert-links !--use-askpass= !--warc-file= !--load-cookies= !--save-cookies= !-x,--force-directories !-nd,--no-directories !--content-disposition !-b,--background !-E,--adjust-extension !-A,--accept= !-R,--reject= !--proxy= !-B,--base= !-l,--level= !-np,--no-parent !--ca-certificate= !--hsts-file=",
    examine: (view) => {
      const named = uses(view, "-O", "--output-document", "--spider");
      for (const { text, word } of view.operands) {
        addUrl(
          view,
          text,
          word,
          "http",
          uses(view, "--post-data", "--post-file", "--body-data", "--body-file", "--method") ? "POST" : "GET",
        );
        if (!named)
          view.paths.push({
            op: "write",
            path: valuesOf(view, "-P", "--directory-prefix")[0] ?? (text?.split(/[?#]/)[0]?.split("/").at(-1) || "index.html"),
          });
      }
    },
  },
  ssh: remote(
    "ssh",
    "-4 -6 -C -q -v -T -n -x -a -V -p= -l= !-o= !-F= !-i= !-L= !-R= !-D= !-W= !-J= !-E= !-I= !-S= !-O= !-A !-X !-Y !-M !-N !-f !-t !-w= !-B= !-b= !-c= !-m= !-e= !-Q= !-G !-K !-k !-s !-g",
  ),
  mosh: remote("ssh", ""),
  telnet: remote("telnet", ""),
  ftp: remote("ftp", ""),
  "nc ncat netcat": remote("tcp", "-z -v -w= -4 -6 -n -u !-e= !-c= !-l !-k !-x= !-X= !-p= !-s= !-L !--exec= !--sh-exec= !--lua-exec="),
  "socat openssl": { options: "-V --version", operands: "code" },
  scp: { options: "-4 -6 -C -q -v -r -p -B -3 -T -P= -l= !-o= !-F= !-i= !-S= !-J= !-c= !-D= !-X= !-O !-s !-A !-R", examine: examineCopy },
  sftp: remote("ssh", "-4 -6 -C -q -v -P= !-o= !-F= !-i= !-S= !-J= !-b= !-D= !-s= !-B= !-R= !-l="),
  rsync: {
    options:
      "-v,--verbose -q,--quiet -a,--archive -r,--recursive -R,--relative -u,--update --inplace --append -d,--dirs -l,--links -L,--copy-links -H,--hard-links -p,--perms -E,--executability -A,--acls -X,--xattrs -o,--owner -g,--group -D -t,--times -O,--omit-dir-times -S,--sparse -n,--dry-run -W,--whole-file -x,--one-file-system --existing --ignore-existing --max-size= --min-size= --partial -P --timeout= -I,--ignore-times --size-only -z,--compress --stats -h,--human-readable --progress -i,--itemize-changes --list-only --bwlimit= --exclude= --include= -C,--cvs-exclude -4,--ipv4 -6,--ipv6 --version --help -c,--checksum --exclude-from=@read --include-from=@read --files-from=@read -0,--from0 !-e,--rsh= !--rsync-path= !--delete !--delete-before !--delete-during !--delete-after !--delete-excluded !--remove-source-files !-b,--backup !--backup-dir= !--suffix= !-T,--temp-dir= !--partial-dir= !--log-file= !--write-batch= !--read-batch= !--only-write-batch= !--daemon !--config= !--password-file= !-M,--remote-option= !-f,--filter= !-F !--link-dest= !--copy-dest= !--compare-dest= !--port= !--sockopts= !--server !--early-input=",
    examine: examineCopy,
  },
  "ping ping6 nslookup host dig whois traceroute tracepath mtr drill resolvectl": LOOKUP,
  "ssh-keygen ssh-add ssh-agent ssh-copy-id gpg gpg2 age pass sendmail mail mutt aria2c lftp httpie http https xh rclone tailscale ngrok cloudflared":
    { options: "-V --version -h --help", operands: "code" },
};
