#!/bin/sh
# Signs in, uploads a photo and prints the feed for back offices about it: follow.sh <photo> [user] [password] [sandbox]
# Needs a sandbox with --feed, the AWS CLI, mosquitto_sub, curl and jq. mosquitto_sub cannot connect to presigned WebSockets, so it
# reads the feed as the back office does; the user's own topics are for the other examples.
set -eu
fail() {
  printf '%s\n' "$1" >&2
  exit 1
}
for tool in aws mosquitto_sub curl jq; do
  command -v "$tool" >/dev/null || fail "$tool is not installed: this example needs the AWS CLI, mosquitto_sub, curl and jq."
done
photo=${1:-}
[ -n "$photo" ] || fail 'Name a photo: clients/examples/shell/follow.sh photo.jpg'
[ -r "$photo" ] || fail "$photo cannot be read."
user=${2:-alice}
password=${3:-Alice-in-the-sandbox-1}
sandbox=${4:-http://127.0.0.1:4200}
place=$(curl -fsS "$sandbox/sandbox.json" 2>/dev/null) ||
  fail "No sandbox answers at $sandbox/sandbox.json: start it with \"npm start -- --feed\", or name its address as the fourth argument."
of() { printf '%s' "$place" | jq -r "$1"; }
AWS_DEFAULT_REGION=$(of .region)
export AWS_DEFAULT_REGION AWS_PAGER=

# Sign in: an ID token of the user pool, an identity of the identity pool, and its credentials.
token=$(aws cognito-idp initiate-auth --endpoint-url "$(of .endpoints.cognitoIdp)" --no-sign-request \
  --auth-flow USER_PASSWORD_AUTH --client-id "$(of .userPoolClientId)" \
  --auth-parameters "USERNAME=$user,PASSWORD=$password" --query AuthenticationResult.IdToken --output text)
logins="cognito-idp.$AWS_DEFAULT_REGION.amazonaws.com/$(of .userPoolId)=$token"
identities() { aws cognito-identity "$@" --endpoint-url "$(of .endpoints.cognitoIdentity)" --no-sign-request --logins "$logins"; }
identity=$(identities get-id --identity-pool-id "$(of .identityPoolId)" --query IdentityId --output text)
keys=$(identities get-credentials-for-identity --identity-id "$identity" --query Credentials --output json)
key_of() { printf '%s' "$keys" | jq -r ".$1"; }
AWS_ACCESS_KEY_ID=$(key_of AccessKeyId)
AWS_SECRET_ACCESS_KEY=$(key_of SecretKey)
AWS_SESSION_TOKEN=$(key_of SessionToken)
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN

# Subscribe first, upload then: `-d` says when the subscription stands. The upload, the start and the end are three messages.
broker=$(of .mqttUrl)
port=${broker##*:}
host=${broker#mqtt://}
stdbuf -oL mosquitto_sub -d -v -q 1 -C 3 -W 60 -h "${host%:*}" -p "$port" -i "integration-$$" \
  -u integration -P "$(of .token)" -t "$(of .topicNamespace)/integration/$identity/#" |
  while read -r line; do
    case $line in
      'Client '*SUBACK*)
        aws s3 cp --only-show-errors --endpoint-url "$(of .endpoints.s3)" \
          "$photo" "s3://$(of .bucket)/users/$identity/$(basename "$photo")"
        ;;
      'Client '*) ;;
      *' {'*) printf '%s\n' "$line" ;;
    esac
  done
