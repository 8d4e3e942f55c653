/**
 * Tokens of code hosts, package registries, CI and developer tools, in the formats that the vendors publish; many compared with gitleaks'
 * rule file (commit 009e025). GitHub's and npm's CRC-32 ending isn't demanded: half a token, or one with a typing error, is still worth hiding.
 */
import type { TokenFormat } from "./format.ts";

const WORD = "-A-Za-z0-9_";

export const CODE_HOSTS: readonly TokenFormat[] = [
  ["github-token", "ghp_ gho_ ghu_ ghs_ ghr_", "[A-Za-z0-9]{30,255}"],
  ["github-fine-grained", "github_pat_", "[A-Za-z0-9_]{30,255}"],
  ["github-app-legacy", "v1.", "[0-9a-f]{40}(?![0-9a-f])", WORD + "."],
  [
    "gitlab-token",
    "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glwt-",
    "[\\w-]{16,300}(?:\\.[0-9a-z]{2}\\.[0-9a-z]{7,9})?",
  ],
  ["gitlab-runner", "GR1348941", "[\\w-]{16,60}"],
  ["atlassian-token", "ATATT3 ATCTT3 ATBB ATSTT3", "[\\w=.-]{20,300}", WORD],
  ["npm-token", "npm_", "[A-Za-z0-9]{34,60}"],
  ["pypi-token", "pypi-AgE", "[\\w-]{40,1000}"],
  ["rubygems-token", "rubygems_", "[0-9a-f]{40,60}"],
  ["crates-io-token", "cio", "[A-Za-z0-9]{32}(?![A-Za-z0-9])", WORD],
  ["nuget-key", "oy2", "[a-z0-9]{43}(?![a-z0-9])", WORD],
  ["packagist-token", "packagist_", "[a-z]{3}_[0-9a-f]{60,80}"],
  ["clojars-token", "CLOJARS_", "[A-Za-z0-9]{50,64}"],
  ["docker-hub-token", "dckr_pat_ dckr_oat_", "[\\w-]{20,64}"],
  ["artifactory-key", "AKCp", "[A-Za-z0-9]{60,80}"],
  ["artifactory-reference", "cmVmdGtuOjAx", "[A-Za-z0-9+/=]{40,80}"],
  ["sonar-token", "sqp_ squ_ sqa_", "[0-9a-f]{40}"],
  ["circleci-token", "CCIPAT_ CCIPRJ_", "[A-Za-z0-9]{16,32}_[0-9a-f]{40}"],
  ["buildkite-token", "bkua_ bkat_", "[0-9a-f]{40}|[A-Za-z0-9]{32,60}"],
  ["octopus-key", "API-", "[A-Z0-9]{26,40}(?![A-Z0-9])", WORD],
  ["sentry-token", "sntrys_ sntryu_ sntrya_ sntryi_", "[A-Za-z0-9+/=_-]{40,500}"],
  ["sourcegraph-token", "sgp_ sgd_", "(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}|[A-Za-z0-9]{40,64}", WORD],
  ["snyk-token", "snyk_uat. snyk_sat.", "[\\w.-]{30,300}"],
  ["postman-key", "PMAK-", "[0-9a-f]{24}-[0-9a-f]{34}"],
  ["postman-collection-key", "PMAT-", "[A-Z0-9]{26}"],
  ["readme-key", "rdme_", "[a-z0-9]{60,80}"],
  ["jetbrains-token", "perm:", "[A-Za-z0-9=+/-]{8,64}\\.[A-Za-z0-9=+/-]{4,64}\\.[A-Za-z0-9]{20,80}"],
  ["phabricator-token", "cli- api-", "[a-z0-9]{28}(?![a-z0-9-])", WORD],
];
