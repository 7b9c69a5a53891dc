#!/usr/bin/env bash
# The script that spotkeeper replaces, run by cron every minute, as its author published it. Only the path of the hosts
# file is another one.

SPOTREQUESTID="sir-y1a23b4c"
VOLUMEID="vol-e123456f"
REQUESTSTATUS="$(aws ec2 describe-spot-instance-requests --spot-instance-request-ids $SPOTREQUESTID | jq -r '.SpotInstanceRequests[0] | .Status | .Code')"
if [[ "$REQUESTSTATUS" == 'fulfilled' ]]; then
  INSTANCEID="$(aws ec2 describe-spot-instance-requests --spot-instance-request-ids $SPOTREQUESTID | jq -r '.SpotInstanceRequests[0] | .InstanceId')"
  echo "Request fulfilled by instance: $INSTANCEID"
  VOLUME0="$(aws ec2 describe-instance-attribute --instance-id $INSTANCEID --attribute blockDeviceMapping | jq -r '.BlockDeviceMappings[0] | .Ebs | .VolumeId')"
  VOLUME1="$(aws ec2 describe-instance-attribute --instance-id $INSTANCEID --attribute blockDeviceMapping | jq -r '.BlockDeviceMappings[1] | .Ebs | .VolumeId')"
  if [[ "$VOLUME0" != "$VOLUMEID" ]] && [[ "$VOLUME1" != "$VOLUMEID" ]]; then
    echo "$VOLUMEID is not connected"
    VOLUMESTATUS="$(aws ec2 describe-volumes --volume-id $VOLUMEID | jq -r '.Volumes[0] | .State')"
    if [[ "$VOLUMESTATUS" == 'available' ]]; then
      ATTACHRESPONSE="$(aws ec2 attach-volume --volume-id $VOLUMEID --instance-id $INSTANCEID --device /dev/sdp | jq -r '.State')"
      echo $ATTACHRESPONSE
      if [[ "$ATTACHRESPONSE" == "attaching" ]]; then
        echo "Got attaching. waiting for 10 seconds"
        sleep 10
        echo "Rebooting instance"
        aws ec2 reboot-instances --instance-ids $INSTANCEID | jq .
        sleep 10
        PUBLICIP="$(aws ec2 describe-instances --instance-id $INSTANCEID | jq -r '.Reservations[0] | .Instances[0] | .PublicIpAddress')"
        echo "$PUBLICIP my-spot.amazonaws.com" >> "$HOSTS"
      else
        echo "Failed to attach $VOLUMEID to $INSTANCEID"
      fi
    else
      echo "$VOLUMEID is not in available state"
    fi
  else
    echo "$VOLUMEID is already connected"
  fi
else
  echo "Request is not fulfilled. $REQUESTSTATUS"
fi
