#!/usr/bin/env python3
"""Writes to the testbed's S3 with boto3, the AWS command line and s3fs, and with rclone where it is installed or can be had from Debian, and reads it all
back.

    tests/peers/s3_clients.py
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from testbed import testbed
from virtual_environment import PEERS, virtual_environment

LARGE = 100 << 20


def digest(path):
    return hashlib.md5(Path(path).read_bytes()).hexdigest()


BOTO3 = """
import boto3, sys
from boto3.s3.transfer import TransferConfig
s3 = boto3.client("s3")
s3.create_bucket(Bucket="boto3")
s3.upload_file(sys.argv[1], "boto3", "large", ExtraArgs={"Metadata": {"station": "Oroville"}}, Config=TransferConfig(multipart_chunksize=8 << 20))
head = s3.head_object(Bucket="boto3", Key="large")
assert head["Metadata"] == {"station": "Oroville"} and head["ETag"].endswith('-13"'), head
s3.copy_object(Bucket="boto3", Key="copy", CopySource="boto3/large", MetadataDirective="REPLACE", Metadata={"a": "b"})
assert s3.head_object(Bucket="boto3", Key="copy")["Metadata"] == {"a": "b"}
s3.copy({"Bucket": "boto3", "Key": "large"}, "boto3", "in-parts", Config=TransferConfig(multipart_threshold=8 << 20))
s3.put_object_tagging(Bucket="boto3", Key="copy", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
assert s3.get_object_tagging(Bucket="boto3", Key="copy")["TagSet"] == [{"Key": "k", "Value": "v"}]
upload = s3.create_multipart_upload(Bucket="boto3", Key="never")["UploadId"]
s3.upload_part(Bucket="boto3", Key="never", UploadId=upload, PartNumber=1, Body=b"x")
assert len(s3.list_parts(Bucket="boto3", Key="never", UploadId=upload)["Parts"]) == 1
assert len(s3.list_multipart_uploads(Bucket="boto3")["Uploads"]) == 1
s3.abort_multipart_upload(Bucket="boto3", Key="never", UploadId=upload)
for key in ["large", "copy", "in-parts"]:
    s3.download_file("boto3", key, sys.argv[2] + "/" + key)
"""

S3FS = """
import s3fs, sys
s3 = s3fs.S3FileSystem()
s3.mkdir("s3fs")
with s3.open("s3fs/folder/file", "wb", block_size=5 << 20) as file:
    data = open(sys.argv[1], "rb").read()
    for at in range(0, len(data), 3 << 20):
        file.write(data[at : at + (3 << 20)])
assert s3.ls("s3fs/folder") == ["s3fs/folder/file"]
s3.copy("s3fs/folder/file", "s3fs/copy")
s3.setxattr("s3fs/copy", station="Oroville")
assert s3.metadata("s3fs/copy") == {"station": "Oroville"}
s3.rm("s3fs/folder", recursive=True)
s3.get("s3fs/copy", sys.argv[2] + "/s3fs")
"""


def rclone():
    """The program, or `None`: what is installed, or else Debian's package, unpacked below target/peers."""
    installed = shutil.which("rclone")
    if installed or not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return installed
    folder = PEERS / "rclone"
    program = folder / "usr" / "bin" / "rclone"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if subprocess.run(["apt-get", "download", "--quiet", "rclone"], cwd=folder, stdout=subprocess.DEVNULL).returncode:
            return None
        for package in folder.glob("rclone_*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
    return program


def main():
    boto3 = virtual_environment("s3-boto3", "boto3==1.40.40", "awscli==1.42.40")
    s3fs = virtual_environment("s3-s3fs", "s3fs==2025.9.0")
    with testbed("crates/eoap-testbed/scenarios/water-bodies") as (environment, _), tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name not in ("AWS_PROFILE", "AWS_CA_BUNDLE")} | environment
        large = Path(folder) / "source"
        large.write_bytes(os.urandom(LARGE))
        run = lambda *command: subprocess.run(command, env=environment, check=True)

        run(boto3, "-c", BOTO3, large, folder)
        assert all(digest(Path(folder) / key) == digest(large) for key in ["large", "copy", "in-parts"])
        print(f"boto3: {LARGE >> 20} MiB in parts, copies, metadata, tags, an upload that is aborted")

        aws = [boto3, "-m", "awscli", "s3"]
        run(*aws, "mb", "s3://aws")
        run(*aws, "cp", "--only-show-errors", large, "s3://aws/large")
        run(*aws, "cp", "--only-show-errors", "s3://aws/large", "s3://aws/copy")
        run(*aws, "cp", "--only-show-errors", "s3://aws/copy", Path(folder) / "aws")
        run(*aws, "rb", "--force", "s3://aws")
        assert digest(Path(folder) / "aws") == digest(large)
        print(f"aws: {LARGE >> 20} MiB up, copied and down; a bucket made and removed")

        run(s3fs, "-c", S3FS, large, folder)
        assert digest(Path(folder) / "s3fs") == digest(large)
        print("s3fs: a file written piece by piece, copied, and with metadata")

        if program := rclone():
            tree = Path(folder) / "tree"
            tree.mkdir()
            for number in range(50):
                (tree / f"{number}.bin").write_bytes(os.urandom(number * 1000))
            shutil.copy(large, tree / "large")
            remote = ":s3,provider=Other,env_auth=true,force_path_style=true,endpoint='" + environment["AWS_ENDPOINT_URL"] + "':rclone/tree"
            run(program, "copy", tree, remote)
            run(program, "check", tree, remote)
            print("rclone: 51 files copied and checked")
        else:
            print("there is no rclone here: not tried")


if __name__ == "__main__":
    sys.exit(main())
