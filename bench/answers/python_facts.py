"""Prints facts of the Python files of a folder, one JSON object a line: see facts.ts for what they are.

    python3 python_facts.py FOLDER
"""

import ast
import json
import os
import re
import sys

CONSTANT_NAME = re.compile(r"^[A-Z][A-Z0-9_]{2,}$")
MOST_ELEMENTS = 12


def is_literal(node, depth=0):
    """Whether a value says itself what it is: a number, a text, a flag, or a few of these."""
    if isinstance(node, ast.Constant):
        return node.value is not None and node.value is not Ellipsis
    if isinstance(node, ast.UnaryOp):
        return is_literal(node.operand, depth)
    if isinstance(node, ast.BinOp):
        return is_literal(node.left, depth) and is_literal(node.right, depth)
    if depth == 0 and isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return 0 < len(node.elts) <= MOST_ELEMENTS and all(is_literal(one, 1) for one in node.elts)
    if depth == 0 and isinstance(node, ast.Dict):
        values = [*node.keys, *node.values]
        return 0 < len(node.keys) <= MOST_ELEMENTS and all(one is not None and is_literal(one, 1) for one in values)
    return False


def is_default(node):
    """Whether a parameter's default tells something: a literal, or a constant by name."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = node.id if isinstance(node, ast.Name) else node.attr
        return CONSTANT_NAME.match(name) is not None
    return is_literal(node)


def named_text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def environment_name(node):
    """The environment variable that an expression reads or sets, or None."""
    if isinstance(node, ast.Call) and node.args:
        called = ast.unparse(node.func)
        if re.search(r"environ\.(get|setdefault|pop)$|(^|\.)getenv$", called):
            return named_text(node.args[0])
    if isinstance(node, ast.Subscript) and re.search(r"(^|\.)environ$", ast.unparse(node.value)):
        return named_text(node.slice)
    if isinstance(node, ast.Compare) and re.search(r"(^|\.)environ$", ast.unparse(node.comparators[0])):
        return named_text(node.left)
    return None


def inside(function):
    """Every node of a function, without those of functions and classes in it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


class Facts(ast.NodeVisitor):
    def __init__(self, path):
        self.path = path
        self.owners = []
        self.found = []

    def tell(self, kind, lines, name, detail=None):
        owner = ".".join(self.owners) or None
        fact = {"kind": kind, "path": self.path, "lines": sorted(set(lines))}
        self.found.append({**fact, "owner": owner, "name": name, "detail": detail})

    def visit_ClassDef(self, node):
        if node.name.startswith("_"):
            return
        self.owners.append(node.name)
        self.constants(node.body)
        for child in node.body:
            self.visit(child)
        self.owners.pop()

    def visit_Module(self, node):
        self.constants(node.body)
        self.environment(node, "")
        for child in node.body:
            self.visit(child)

    def visit_If(self, node):
        for child in [*node.body, *node.orelse]:
            if not isinstance(child, ast.If) or "TYPE_CHECKING" not in ast.unparse(child.test):
                self.visit(child)

    def visit_FunctionDef(self, node):
        decorators = [ast.unparse(one) for one in node.decorator_list]
        if any(one.split(".")[-1] == "overload" for one in decorators):
            return
        self.environment(node, node.name)
        if node.name.startswith("_") and node.name != "__init__":
            return
        self.defaults(node)
        self.returned(node)
        self.raised(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def defaults(self, node):
        positional = [*node.args.posonlyargs, *node.args.args]
        pairs = [
            *zip(positional[len(positional) - len(node.args.defaults) :], node.args.defaults),
            *zip(node.args.kwonlyargs, node.args.kw_defaults),
        ]
        for argument, default in pairs:
            if default is not None and is_default(default) and not argument.arg.startswith("_"):
                self.tell("default", [default.lineno], node.name, argument.arg)

    def returned(self, node):
        if node.returns is None or node.name == "__init__":
            return
        told = ast.unparse(node.returns).strip("'\"")
        if len(told) > 2 and told not in ("None", "NoReturn", "t.NoReturn", "typing.NoReturn"):
            self.tell("return type", [node.returns.lineno], node.name)

    def raised(self, node):
        raises = {}
        for one in inside(node):
            if isinstance(one, ast.Raise) and one.exc is not None:
                error = one.exc.func if isinstance(one.exc, ast.Call) else one.exc
                raises.setdefault(ast.unparse(error), []).append(one.lineno)
        names = [name for name in raises if name.split(".")[-1][:1].isupper()]
        if len(raises) == 1 and len(names) == 1 and names[0].split(".")[-1] != "NotImplementedError":
            self.tell("exception", raises[names[0]], node.name)

    def environment(self, node, function):
        variables = {}
        for one in inside(node):
            name = environment_name(one)
            if name is not None:
                variables.setdefault(name, []).append(one.lineno)
        for name, lines in variables.items():
            self.tell("environment", lines, function, name)

    def constants(self, body):
        for node in body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            value = getattr(node, "value", None)
            if len(targets) != 1 or not isinstance(targets[0], ast.Name) or value is None:
                continue
            name = targets[0].id
            if isinstance(value, (ast.Dict, ast.Call)):
                self.entries(value)
            is_attribute = self.owners and not name.startswith("_")
            if is_literal(value) and (CONSTANT_NAME.match(name) or is_attribute):
                self.tell("constant", [node.lineno], name)

    def entries(self, value):
        """Settings that stand in a table: names in capitals with their values."""
        table = next((one for one in ast.walk(value) if isinstance(one, ast.Dict)), None)
        pairs = [] if table is None else [*zip(table.keys, table.values)]
        told = [(named_text(key), one) for key, one in pairs if key is not None]
        settings = [(name, one) for name, one in told if name and CONSTANT_NAME.match(name) and is_literal(one)]
        if len(settings) >= 3:
            for name, one in settings:
                self.tell("constant", [one.lineno], name)


def main(root):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(one for one in folders if one not in ("tests", "testsuite", "__pycache__"))
        for name in sorted(files):
            if not name.endswith(".py"):
                continue
            file = os.path.join(folder, name)
            path = os.path.relpath(file, root).replace(os.sep, "/")
            with open(file, encoding="utf-8") as opened:
                tree = ast.parse(opened.read())
            facts = Facts(path)
            facts.visit(tree)
            for fact in facts.found:
                print(json.dumps(fact))


main(sys.argv[1])
