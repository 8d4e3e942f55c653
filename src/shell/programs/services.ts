/** Containers, clusters, clouds, databases, code hosts: subcommands that look, by name; the rest has to be named by a rule. */
import type { Program } from "../program.ts";

/** Options that only shape what is printed. */
const PRINTS =
  "-a,--all -q,--quiet --no-trunc --format= -f,--filter= -n,--last= -l,--latest -s,--size --digests --help -h --version -v -o,--output= -w,--wide --no-headers --show-labels --sort-by= --tail= -t,--timestamps --since= --until= --details --json= --jq= --limit= -L= --state= --label= --author= --assignee= --search=";

function looking(names: string, options = ""): Program {
  return { options: `-v,--version -h,--help ${options}`, subcommands: { [names]: { options: PRINTS, operands: "text" } } };
}

/** Two levels: `gh pr list`. */
function groups(table: Readonly<Record<string, string>>, direct = ""): Program {
  const subcommands = Object.fromEntries(Object.entries(table).map(([name, names]) => [name, looking(names)]));
  return {
    options: "-v,--version -h,--help",
    subcommands: direct === "" ? subcommands : { ...subcommands, [direct]: { options: PRINTS, operands: "text" } },
  };
}

/** Runs what it is given, in one language or another, somewhere: nothing is covered unless named. */
const RUNS: Program = { options: "-V,--version --help", operands: "code" };

export const services: Readonly<Record<string, Program>> = {
  "docker podman nerdctl": groups(
    {
      image: "ls list inspect history",
      container: "ls list ps inspect logs top stats port diff",
      volume: "ls list inspect",
      network: "ls list inspect",
      system: "df info",
      compose: "ps ls config images logs top version",
      context: "ls inspect show",
    },
    "ps images logs version info inspect history top port diff",
  ),
  "docker-compose": looking("ps ls config images logs top version"),
  kubectl: {
    options: "-h,--help -n,--namespace=",
    subcommands: {
      "version logs top explain api-resources api-versions cluster-info": { options: PRINTS, operands: "text" },
      "get describe": {
        options: `${PRINTS} -n,--namespace= -A,--all-namespaces -l,--selector=`,
        examine: (view) => {
          for (const { text, word } of view.operands)
            if (/secret/i.test(text ?? "secret")) view.hazards.push({ word, reason: "shows secrets" });
        },
      },
    },
  },
  helm: looking("list ls status history version search show get"),
  terraform: looking("version"),
  gh: groups(
    {
      pr: "list view status checks diff",
      issue: "list view status",
      repo: "list view",
      run: "list view",
      release: "list view",
      workflow: "list view",
      label: "list",
      gist: "list",
      auth: "status",
    },
    "status version",
  ),
  "glab hub": groups({ mr: "list view", issue: "list view" }, "version"),
  sqlite3: {
    options:
      "-version -help -readonly -header -noheader -csv -json -column -line -list -table -markdown -box -html -tabs -separator= -nullvalue= -batch -bail -safe !-cmd= !-init= !-interactive !-A !-deserialize !-unsafe-testing",
    singleDash: true,
    operands: "read code",
  },
  "mysql mariadb mysqldump psql pg_dump pg_restore createdb dropdb redis-cli mongo mongosh mongodump cqlsh clickhouse-client influx duckdb sqlcmd":
    RUNS,
  "aws az gcloud gsutil bq doctl heroku flyctl fly vercel netlify firebase supabase terraform-docs tofu pulumi ansible ansible-playbook ansible-galaxy salt puppet chef packer vagrant virsh qemu-img lxc lxd multipass minikube kind k3s k9s skaffold tilt istioctl flux argocd vault consul nomad":
    RUNS,
};
