"""Prints names out of botocore's model of EC2, one a line.

Usage: botocore_names.py types prints the instance types: src/sim/instance_types.txt.
       botocore_names.py parameters ACTION... prints what the parameters of these calls are called on the wire, `#` for the
       number of an element of a list: src/sim/wire/parameters.txt, for all actions that are served.
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


def main(what, *actions):
    model = botocore.session.get_session().get_service_model("ec2")
    if what == "types":
        print("\n".join(sorted(model.shape_for("InstanceType").enum)))
    for action in sorted(actions):
        for name in sorted(names(model.operation_model(action).input_shape, [])):
            print(action, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
