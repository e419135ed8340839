"""Starts moto's server: `python moto-with-jsonata.py -H HOST -p PORT`.

moto has LocalStack's interpreter of the States Language, but not what LocalStack evaluates JSONata with, a Java library: it reads
JSONata and evaluates nothing. Here the expressions that moto composes go to jsonata-python, a port of that library.
"""

import json
import sys
from typing import Any

from jsonata import jsonata
from moto.server import main
from moto.stepfunctions.parser.asl.jsonata import jsonata as bridge


def whole(value: Any) -> Any:
    """JSON has one kind of number: 2.0 is 2."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {name: whole(item) for name, item in value.items()}
    return value


def evaluate(expression: str) -> Any:
    try:
        return whole(json.loads(json.dumps(jsonata.Jsonata(expression).evaluate(None))))
    except Exception as error:
        raise bridge.JSONataException("UNKNOWN", str(error)) from error


bridge._eval_jsonata = evaluate
main(sys.argv[1:])
