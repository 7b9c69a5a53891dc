"""Prints what the parameters of EC2's calls are called on the wire, by botocore's model of EC2, one a line.

Usage: botocore_parameters.py ACTION...; `#` stands for the number of an element of a list. What it prints for all actions
that are served is src/sim/wire/parameters.txt.
"""

import sys

import botocore.session


def wire_name(member, shape):
    """The name of a member in a request. Source: botocore/serialize.py, EC2Serializer."""
    serialization = shape.serialization
    if "queryName" in serialization:
        return serialization["queryName"]
    name = serialization.get("name")
    return name[:1].upper() + name[1:] if name else member


def names(shape, prefix):
    if shape.type_name == "structure":
        for member, inner in shape.members.items():
            yield from names(inner, [*prefix, wire_name(member, inner)])
    elif shape.type_name == "list":
        yield from names(shape.member, [*prefix, "#"])
    else:
        yield ".".join(prefix)


def main(actions):
    model = botocore.session.get_session().get_service_model("ec2")
    for action in sorted(actions):
        for name in sorted(names(model.operation_model(action).input_shape, [])):
            print(action, name)


if __name__ == "__main__":
    main(sys.argv[1:])
