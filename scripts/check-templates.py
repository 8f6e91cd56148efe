"""Judges synthesized templates by cfn-lint, checkov, cfn-guard (Control Tower rules) and cloudsplaining.

Usage: check-templates.py GUARD-FOLDER CDK-OUT...   (scripts/check-templates.sh installs the tools and calls this)

A finding is dropped when its resource, or a construct around it inside the stack, acknowledges its rule with a reason. Acknowledgements
are construct metadata; the CDK writes them beside the template. What is acknowledged on the app or a stage is not written there, on
purpose: no acknowledgement of ours is that wide.
"""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from cloudsplaining.scan.policy_document import PolicyDocument

TOOLS = Path(sys.executable).parent
ACKNOWLEDGED = "aws:cdk:acknowledged-rules"


class Finding(NamedTuple):
    template: Path
    rule: str
    logical_id: Optional[str]  # None: the template as a whole
    detail: str


def main(guard: Path, folders: list[Path]) -> int:
    templates = [template.resolve() for folder in folders for template in sorted(folder.rglob("*.template.json"))]
    if not templates:
        sys.exit("nothing to check: synthesize the apps first")
    reasons = {template: reasons_of(template) for template in templates}
    found = {finding: all(stack.covers(finding) for stack in reasons[finding.template]) for finding in findings(templates, guard)}
    failures = [finding for finding, acknowledged in found.items() if not acknowledged]
    for template, rule, logical_id, detail in sorted(failures, key=str):
        print(f"{os.path.relpath(template)}: {rule} {logical_id or '-'} {detail}")
    print(f"{len(templates)} templates: {len(failures)} findings, {len(found) - len(failures)} acknowledged")
    return 1 if failures else 0


def findings(templates: list[Path], guard: Path) -> Iterator[Finding]:
    """Each tool takes all templates at once: starting it is most of its time."""
    yield from cfn_lint(templates)
    yield from checkov(templates)
    yield from cfn_guard(templates, guard)
    for template in templates:
        yield from cloudsplaining(template)


class Reasons:
    """The acknowledged rules of each resource of one stack, by logical id; those of the stack itself under None."""

    def __init__(self, metadata: dict, stack: str):
        # Ids are unique across tools: "checkov::CKV_AWS_18" and "CKV_AWS_18" are the same.
        rules = {
            path: {
                re.sub(r"^[\w-]+::", "", rule)
                for entry in entries if entry["type"] == ACKNOWLEDGED
                for rule, reason in entry["data"].items() if str(reason or "").strip()
            }
            for path, entries in metadata.items()
        }
        self.rules = {None: rules.get(stack, set())}
        for path, entries in metadata.items():
            scopes = [path[:end] for end in range(1, len(path) + 1) if end == len(path) or path[end] == "/"]
            for entry in entries:
                if entry["type"] == "aws:cdk:logicalId":
                    self.rules.setdefault(entry["data"], set()).update(*(rules.get(scope, set()) for scope in scopes))

    def covers(self, finding: Finding) -> bool:
        # Parameters and outputs have no construct that a library could acknowledge on: the stack answers for them.
        return finding.rule in self.rules.get(finding.logical_id, self.rules[None])


def reasons_of(template: Path) -> list[Reasons]:
    """Of the stack of this template. A nested template may fit several stacks around it; then each of them must give the reason."""
    manifest = json.loads((template.parent / "manifest.json").read_text())
    ids = set(json.loads(template.read_text()).get("Resources", {}))
    fitting = []
    for artifact in manifest["artifacts"].values():
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        metadata = dict(artifact.get("metadata", {}))
        if file := artifact.get("additionalMetadataFile"):
            metadata.update(json.loads((template.parent / file).read_text()))
        # "Stage/Stack (stack-name)"
        reasons = Reasons(metadata, "/" + re.sub(r" \([^)]*\)$", "", artifact.get("displayName", "")))
        if artifact["properties"]["templateFile"] == template.name:
            return [reasons]
        if ids <= set(reasons.rules):
            fitting.append(reasons)
    if not fitting:
        sys.exit(f"{template}: no stack in {template.parent / 'manifest.json'} has this template")
    return fitting


def run(*command: str):
    # Each tool exits with codes of its own when it finds something. All of them answer in JSON even when they find nothing, unless they failed.
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"{' '.join(command)} failed ({done.returncode}):\n{done.stdout[:2000]}\n{done.stderr[:2000]}")


def cfn_lint(templates: list[Path]) -> Iterator[Finding]:
    for match in run(str(TOOLS / "cfn-lint"), "--format", "json", *map(str, templates)):
        path = match["Location"]["Path"] or []
        yield Finding(Path(match["Filename"]), match["Rule"]["Id"], path[1] if path[:1] == ["Resources"] else None, match["Message"])


def checkov(templates: list[Path]) -> Iterator[Finding]:
    report = run(str(TOOLS / "checkov"), "--framework", "cloudformation", "--skip-download", "--quiet", "--compact",
                 "--output", "json", "--file", *map(str, templates))
    # Without any resource that it knows, checkov answers with bare figures.
    for check in report.get("results", {}).get("failed_checks", []):
        yield Finding(Path(check["file_abs_path"]), check["check_id"], check["resource"].split(".")[-1], check["check_name"])


def cfn_guard(templates: list[Path], guard: Path) -> Iterator[Finding]:
    system = {"Linux": "ubuntu", "Darwin": "macos"}[platform.system()]
    machine = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}[platform.machine()]
    report = run(str(guard / "bin" / system / machine / "cfn-guard"), "validate", "--rules", str(guard / "rules/control-tower/cfn-guard"),
                 "--data", *map(str, templates), "--output-format", "json", "--show-summary", "none", "--structured")
    for file in report:
        for broken in file["not_compliant"]:
            # The shape of a report depends on how the rule is written; rule and resource are always somewhere in it.
            text = json.dumps(broken)
            rule, message = re.search(r"\[(CT\.[\w.]+)\]: (.*?)\\n", text).groups()
            for logical_id in set(re.findall(r'"path": "/Resources/([^/"]+)', text)):
                yield Finding(Path(file["name"]), rule, logical_id, message)


RISKS = {
    "CredentialsExposure": "credentials_exposure",
    "DataExfiltration": "allows_data_exfiltration_actions",
    "InfrastructureModification": "infrastructure_modification",
    "PrivilegeEscalation": "allows_privilege_escalation",
    "ResourceExposure": "permissions_management_without_constraints",
    "ServiceWildcard": "service_wildcard",
}


def cloudsplaining(template: Path) -> Iterator[Finding]:
    for logical_id, resource in json.loads(template.read_text()).get("Resources", {}).items():
        if not resource["Type"].startswith("AWS::IAM::"):
            continue
        properties = resource.get("Properties", {})
        inline = properties["Policies"] if isinstance(properties.get("Policies"), list) else []
        for policy in [properties, *inline]:
            if "PolicyDocument" not in policy:
                continue
            document = PolicyDocument(plain(policy["PolicyDocument"]))
            for rule, attribute in RISKS.items():
                if risks := getattr(document, attribute):
                    yield Finding(template, rule, logical_id, ", ".join(sorted(map(str, risks))))


def plain(value):
    """Intrinsics as text: the tool knows policies, not templates. A reference is never a star."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        separator, items = value["Fn::Join"]
        return separator.join(map(str, plain(items)))
    if "Fn::Sub" in value:
        return value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
    if "Ref" in value or any(key.startswith("Fn::") for key in value):
        return "token"
    return {key: plain(item) for key, item in value.items()}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(folder) for folder in sys.argv[2:]]))
