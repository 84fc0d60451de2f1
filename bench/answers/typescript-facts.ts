import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Fact } from './facts.js';

/** The facts of the TypeScript files of a folder, in order of place. */
export function typescriptFacts(root: string): Fact[] {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort();
  return paths.flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return new FileFacts(path, ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)).facts;
  });
}

const CONSTANT_NAME = /^[A-Z][A-Z0-9_]{2,}$/;
const NOTHING = new Set(['void', 'never', 'any', 'unknown', 'this']);

class FileFacts {
  readonly facts: Fact[] = [];
  readonly #path: string;
  readonly #source: ts.SourceFile;

  constructor(path: string, source: ts.SourceFile) {
    this.#path = path;
    this.#source = source;
    for (const statement of source.statements) this.#statement(statement);
  }

  #statement(node: ts.Statement): void {
    if (ts.isFunctionDeclaration(node)) this.#function(node, null);
    if (ts.isClassDeclaration(node)) for (const member of node.members) this.#member(member, node);
    if (!ts.isVariableStatement(node)) return;
    for (const { name, initializer } of node.declarationList.declarations) {
      if (!ts.isIdentifier(name) || initializer === undefined) continue;
      const isConstant = isLiteral(initializer) || (isList(initializer) && CONSTANT_NAME.test(name.text));
      if (isConstant) this.#tell('constant', [initializer], null, name.text);
    }
  }

  #member(node: ts.ClassElement, { name: owner }: ts.ClassDeclaration): void {
    const flags = ts.getCombinedModifierFlags(node);
    if (owner === undefined || flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) return;
    if (ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node)) this.#function(node, owner.text);
    if (!ts.isPropertyDeclaration(node) || !ts.isIdentifier(node.name) || !node.initializer) return;
    if (isLiteral(node.initializer)) this.#tell('constant', [node.initializer], owner.text, node.name.text);
  }

  #function(
    node: ts.FunctionDeclaration | ts.MethodDeclaration | ts.ConstructorDeclaration,
    owner: string | null,
  ): void {
    const name = ts.isConstructorDeclaration(node) ? '__init__' : (node.name?.getText() ?? '');
    if (node.body === undefined || name === '' || (name.startsWith('_') && name !== '__init__')) return;
    for (const { name: parameter, initializer } of node.parameters) {
      if (initializer && isTelling(initializer) && ts.isIdentifier(parameter))
        this.#tell('default', [initializer], owner, name, parameter.text);
    }
    const returned = node.type?.getText().replace(/\s+/g, ' ') ?? '';
    if (node.type && returned.length > 2 && !NOTHING.has(returned))
      this.#tell('return type', [node.type], owner, name);
    this.#body(node.body, owner, name);
  }

  #body(body: ts.Block, owner: string | null, name: string): void {
    const thrown = new Map<string, ts.Node[]>();
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
      if (ts.isThrowStatement(node)) {
        const error = ts.isNewExpression(node.expression) ? node.expression.expression : node.expression;
        thrown.set(error.getText(), [...(thrown.get(error.getText()) ?? []), node]);
      }
      // An option: `maxItems: options.maxItems ?? 50`.
      if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) {
        const { initializer: value, name: option } = node;
        const isOption = ts.isBinaryExpression(value) && value.operatorToken.getText() === '??';
        if (isOption && isTelling(value.right)) this.#tell('default', [value], owner, name, option.text);
      }
      ts.forEachChild(node, visit);
    };
    ts.forEachChild(body, visit);
    const [only, ...others] = thrown;
    if (only !== undefined && others.length === 0 && /^\p{Lu}/u.test(only[0].split('.').at(-1) ?? ''))
      this.#tell('exception', only[1], owner, name);
  }

  #tell(
    kind: Fact['kind'],
    nodes: readonly ts.Node[],
    owner: string | null,
    name: string,
    detail: string | null = null,
  ): void {
    const lines = nodes.map(
      (node) => this.#source.getLineAndCharacterOfPosition(node.getStart(this.#source)).line + 1,
    );
    this.facts.push({ kind, path: this.#path, lines: [...new Set(lines)], owner, name, detail });
  }
}

function isLiteral(node: ts.Node): boolean {
  if (ts.isPrefixUnaryExpression(node)) return isLiteral(node.operand);
  if (ts.isBinaryExpression(node)) return isLiteral(node.left) && isLiteral(node.right);
  return (
    ts.isStringLiteralLike(node) ||
    ts.isNumericLiteral(node) ||
    ts.isRegularExpressionLiteral(node) ||
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword
  );
}

function isList(node: ts.Node): boolean {
  return ts.isArrayLiteralExpression(node) && node.elements.length > 0 && node.elements.every(isLiteral);
}

/** A literal, or a constant by name. */
function isTelling(node: ts.Node): boolean {
  return isLiteral(node) || (ts.isIdentifier(node) && CONSTANT_NAME.test(node.text));
}
