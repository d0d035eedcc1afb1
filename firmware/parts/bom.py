#!/usr/bin/python3
"""Writes the image's bill of materials as SPDX 2.3 JSON: every Debian package with version, source and checksum, and Tillside.

    bom.py PACKAGES-LIST DOC-FOLDER NAME VERSION EPOCH OUT
"""

import datetime
import json
import os
import re
import sys


def licences(folder, package):
    """Short names that the package's copyright file gives, as a comment: they are Debian's words, not SPDX expressions."""
    try:
        with open(os.path.join(folder, package, "copyright"), encoding="utf-8", errors="replace") as text:
            names = re.findall(r"^License: *(\S[^\n]*)", text.read(), re.M)
    except OSError:
        return "see the source package"
    return ", ".join(sorted(set(names))) or "see usr/share/doc/%s/copyright" % package


def entry(package, version, source, source_version, checksum, comment):
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", package),
        "name": package, "versionInfo": version, "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
        "licenseComments": comment, "sourceInfo": f"built from source package {source} {source_version}",
        "checksums": [{"algorithm": "SHA256", "checksumValue": checksum}],
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": f"pkg:deb/debian/{package}@{version}"}],
    }


def main(packages_list, doc, name, version, epoch, out):
    packages = []
    with open(packages_list, encoding="utf-8") as lines:
        for line in lines:
            package, number, source, source_number, checksum = line.rstrip("\n").split("\t")
            packages.append(entry(package, number, source, source_number, checksum, licences(doc, package)))
    packages.append({"SPDXID": "SPDXRef-tillside", "name": "tillside", "versionInfo": version,
                     "supplier": "Organization: Tillside", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
                     "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION"})
    made = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
                "documentNamespace": f"https://tillside.invalid/spdx/{name}-{epoch}",
                "creationInfo": {"created": made, "creators": ["Tool: tillside firmware/build.sh"]},
                "documentDescribes": ["SPDXRef-tillside"], "packages": packages,
                "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                                   "relatedSpdxElement": p["SPDXID"]} for p in packages]}
    with open(out, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, sort_keys=True)
        file.write("\n")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 7:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
