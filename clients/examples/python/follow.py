"""Signs in, uploads a photo and prints every message about it: follow.py <photo> [user] [password] [sandbox]"""

import json
import os
import sys
import urllib.request
import uuid
from urllib.parse import urlencode, urlsplit

try:
    import boto3
    import paho.mqtt.client as mqtt
    from botocore import UNSIGNED
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.config import Config
    from botocore.credentials import Credentials
except ModuleNotFoundError as missing:
    sys.exit(
        f"The package {missing.name} is not installed: pip install -r clients/examples/python/requirements.txt"
    )

if len(sys.argv) < 2:
    sys.exit("Name a photo: python3 clients/examples/python/follow.py photo.jpg")
photo, user, password, sandbox = (
    sys.argv[1:] + ["alice", "Alice-in-the-sandbox-1", "http://127.0.0.1:4200"][len(sys.argv) - 2 :]
)
if not os.access(photo, os.R_OK):
    sys.exit(f"{photo} cannot be read.")
try:
    place = json.load(urllib.request.urlopen(f"{sandbox}/sandbox.json", timeout=10))
except (OSError, ValueError):
    sys.exit(
        f'No sandbox answers at {sandbox}/sandbox.json: start it with "npm start", or name its address as the fourth argument.'
    )
region, endpoints = place["region"], place["endpoints"]

# Sign in: an ID token of the user pool, an identity of the identity pool, and its credentials.
options = {"region_name": region, "config": Config(signature_version=UNSIGNED)}
user_pool = boto3.client("cognito-idp", endpoint_url=endpoints["cognitoIdp"], **options)
identities = boto3.client("cognito-identity", endpoint_url=endpoints["cognitoIdentity"], **options)
id_token = user_pool.initiate_auth(
    AuthFlow="USER_PASSWORD_AUTH",
    ClientId=place["userPoolClientId"],
    AuthParameters={"USERNAME": user, "PASSWORD": password},
)["AuthenticationResult"]["IdToken"]
logins = {f"cognito-idp.{region}.amazonaws.com/{place['userPoolId']}": id_token}
identity_id = identities.get_id(IdentityPoolId=place["identityPoolId"], Logins=logins)["IdentityId"]
keys = identities.get_credentials_for_identity(IdentityId=identity_id, Logins=logins)["Credentials"]

# Once per identity: the provisioner attaches the IoT policy.
urllib.request.urlopen(
    urllib.request.Request(
        f"{endpoints['provisioner']}/v1/provision", method="POST", headers={"Authorization": f"Bearer {id_token}"}
    ),
    timeout=10,
)

# The presigned URL of AWS IoT Core: the session token is added after signing.
broker = urlsplit(endpoints["mqttWss"])
request = AWSRequest("GET", f"{broker.scheme.replace('ws', 'http')}://{broker.netloc}{broker.path}")
SigV4QueryAuth(Credentials(keys["AccessKeyId"], keys["SecretKey"]), "iotdevicegateway", region, 300).add_auth(request)
query = f"{urlsplit(request.url).query}&{urlencode({'X-Amz-Security-Token': keys['SessionToken']})}"

s3 = boto3.client(
    "s3",
    endpoint_url=endpoints["s3"],
    region_name=region,
    aws_access_key_id=keys["AccessKeyId"],
    aws_secret_access_key=keys["SecretKey"],
    aws_session_token=keys["SessionToken"],
    config=Config(s3={"addressing_style": "path"}),
)
key = f"users/{identity_id}/{os.path.basename(photo)}"


def on_message(client, _userdata, message):
    print(message.topic, message.payload.decode(), flush=True)
    event = json.loads(message.payload)
    if event["type"] == "dev.stepcast.state.v1" and event["data"]["key"] == key:
        if event["data"]["status"] not in ("queued", "running"):
            client.disconnect()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"{identity_id}-{uuid.uuid4().hex[:8]}", transport="websockets")
client.ws_set_options(path=f"{broker.path}?{query}")
if broker.scheme == "wss":
    client.tls_set()
# Subscribe first, upload then: nothing is missed.
client.on_connect = lambda client, *_: client.subscribe(f"{place['topicNamespace']}/{identity_id}/#", qos=1)
client.on_subscribe = lambda *_: s3.upload_file(photo, place["bucket"], key)
client.on_message = on_message
client.connect(broker.hostname, broker.port or 443)
client.loop_forever()
