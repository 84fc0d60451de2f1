/**
 * A marker that occurs in this file only. A file of a codebase that holds it is this very file (Gardener trained on
 * itself), and is neither trained on nor held out: see split.ts.
 */
export const GENERAL_CODE_MARKER = 'gardener-general-code-5b1e';

/**
 * A small fixed set of everyday code in several languages, written for this check and part of no
 * project: the loss on it before and after training shows what an adapter has forgotten. Changing it
 * changes every `generalLoss` ever printed.
 */
export const GENERAL_CODE: readonly { path: string; language: string; text: string }[] = [
  {
    path: 'inventory/stock.py',
    language: 'python',
    text: `import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Item:
    """One article in the warehouse."""

    name: str
    price: float
    quantity: int = 0
    tags: list[str] = field(default_factory=list)

    def total(self) -> float:
        return self.price * self.quantity


class Warehouse:
    def __init__(self, items=None):
        self.items = {item.name: item for item in items or []}

    @classmethod
    def load(cls, path):
        """Reads a warehouse from a JSON file."""
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
        return cls([Item(**row) for row in rows])

    def save(self, path):
        rows = [item.__dict__ for item in self.items.values()]
        Path(path).write_text(json.dumps(rows, indent=2), encoding="utf-8")

    def remove(self, name, count):
        item = self.items.get(name)
        if item is None:
            raise KeyError(f"no such item: {name}")
        if item.quantity < count:
            raise ValueError(f"only {item.quantity} of {name} left")
        item.quantity -= count
        return item

    def by_tag(self):
        groups = defaultdict(list)
        for item in self.items.values():
            for tag in item.tags:
                groups[tag].append(item)
        return dict(groups)

    def value(self):
        return sum(item.total() for item in self.items.values())
`,
  },
  {
    path: 'src/event-bus.ts',
    language: 'typescript',
    text: `export type Listener<T> = (event: T) => void | Promise<void>;

export interface Subscription {
  unsubscribe(): void;
}

export class EventBus<Events extends Record<string, unknown>> {
  private listeners = new Map<keyof Events, Set<Listener<any>>>();

  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): Subscription {
    const set = this.listeners.get(name) ?? new Set();
    set.add(listener);
    this.listeners.set(name, set);
    return {
      unsubscribe: () => {
        set.delete(listener);
      },
    };
  }

  once<K extends keyof Events>(name: K): Promise<Events[K]> {
    return new Promise((resolve) => {
      const subscription = this.on(name, (event) => {
        subscription.unsubscribe();
        resolve(event);
      });
    });
  }

  async emit<K extends keyof Events>(name: K, event: Events[K]): Promise<void> {
    const set = this.listeners.get(name);
    if (!set) return;
    for (const listener of [...set]) {
      try {
        await listener(event);
      } catch (error) {
        console.error('listener failed', error);
      }
    }
  }

  clear(): void {
    this.listeners.clear();
  }
}
`,
  },
  {
    path: 'server/routes.js',
    language: 'javascript',
    text: `const express = require('express');
const db = require('./db');

const router = express.Router();

router.get('/users', async (req, res, next) => {
  try {
    const page = parseInt(req.query.page, 10) || 1;
    const limit = Math.min(parseInt(req.query.limit, 10) || 20, 100);
    const users = await db.query('SELECT id, name, email FROM users LIMIT $1 OFFSET $2', [
      limit,
      (page - 1) * limit,
    ]);
    res.json({ page, limit, users: users.rows });
  } catch (err) {
    next(err);
  }
});

router.post('/users', async (req, res, next) => {
  const { name, email } = req.body;
  if (!name || !email) {
    return res.status(400).json({ error: 'name and email are required' });
  }
  try {
    const result = await db.query('INSERT INTO users (name, email) VALUES ($1, $2) RETURNING *', [name, email]);
    res.status(201).json(result.rows[0]);
  } catch (err) {
    next(err);
  }
});

module.exports = router;
`,
  },
  {
    path: 'pkg/cache/cache.go',
    language: 'go',
    text: `package cache

import (
	"container/list"
	"sync"
	"time"
)

type entry struct {
	key     string
	value   interface{}
	expires time.Time
}

// Cache is a least-recently-used cache that is safe for concurrent use.
type Cache struct {
	mu       sync.Mutex
	capacity int
	order    *list.List
	items    map[string]*list.Element
}

// New returns an empty cache with the given capacity.
func New(capacity int) *Cache {
	return &Cache{
		capacity: capacity,
		order:    list.New(),
		items:    make(map[string]*list.Element),
	}
}

// Get returns the value for a key and whether it was found.
func (c *Cache) Get(key string) (interface{}, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.items[key]
	if !ok {
		return nil, false
	}
	e := element.Value.(*entry)
	if time.Now().After(e.expires) {
		c.order.Remove(element)
		delete(c.items, key)
		return nil, false
	}
	c.order.MoveToFront(element)
	return e.value, true
}
`,
  },
  {
    path: 'src/tokenizer.rs',
    language: 'rust',
    text: `use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Number(f64),
    Plus,
    Minus,
    Star,
    Slash,
    LeftParen,
    RightParen,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(value) => write!(f, "{}", value),
            other => write!(f, "{:?}", other),
        }
    }
}

pub struct Tokenizer<'a> {
    chars: Peekable<Chars<'a>>,
}

impl<'a> Tokenizer<'a> {
    pub fn new(source: &'a str) -> Self {
        Tokenizer { chars: source.chars().peekable() }
    }

    fn number(&mut self) -> Result<Token, String> {
        let mut text = String::new();
        while let Some(&c) = self.chars.peek() {
            if c.is_ascii_digit() || c == '.' {
                text.push(c);
                self.chars.next();
            } else {
                break;
            }
        }
        text.parse().map(Token::Number).map_err(|e| format!("bad number {}: {}", text, e))
    }
}
`,
  },
  {
    path: 'src/main/java/com/example/orders/OrderService.java',
    language: 'java',
    text: `package com.example.orders;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

public class OrderService {
    private final OrderRepository repository;
    private final PriceCalculator calculator;

    public OrderService(OrderRepository repository, PriceCalculator calculator) {
        this.repository = repository;
        this.calculator = calculator;
    }

    public Optional<Order> findOrder(long id) {
        return repository.findById(id);
    }

    public List<Order> findOpenOrders(String customer) {
        return repository.findByCustomer(customer).stream()
            .filter(order -> order.getStatus() == Status.OPEN)
            .collect(Collectors.toList());
    }

    public BigDecimal totalFor(String customer) {
        BigDecimal total = BigDecimal.ZERO;
        for (Order order : findOpenOrders(customer)) {
            total = total.add(calculator.priceOf(order));
        }
        return total;
    }
}
`,
  },
  {
    path: 'src/string_buffer.c',
    language: 'c',
    text: `#include <stdlib.h>
#include <string.h>

typedef struct {
    char *data;
    size_t length;
    size_t capacity;
} string_buffer;

int string_buffer_init(string_buffer *buffer, size_t capacity) {
    buffer->data = malloc(capacity);
    if (buffer->data == NULL) {
        return -1;
    }
    buffer->data[0] = '\\0';
    buffer->length = 0;
    buffer->capacity = capacity;
    return 0;
}

int string_buffer_append(string_buffer *buffer, const char *text) {
    size_t length = strlen(text);
    if (buffer->length + length + 1 > buffer->capacity) {
        size_t capacity = (buffer->length + length + 1) * 2;
        char *data = realloc(buffer->data, capacity);
        if (data == NULL) {
            return -1;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    memcpy(buffer->data + buffer->length, text, length + 1);
    buffer->length += length;
    return 0;
}

void string_buffer_free(string_buffer *buffer) {
    free(buffer->data);
    buffer->data = NULL;
}
`,
  },
  {
    path: 'scripts/backup.sh',
    language: 'bash',
    text: `#!/usr/bin/env bash
set -euo pipefail

source_dir="\${1:?usage: backup.sh SOURCE TARGET}"
target_dir="\${2:?usage: backup.sh SOURCE TARGET}"
keep=7

timestamp="$(date +%Y-%m-%d_%H-%M-%S)"
archive="$target_dir/backup-$timestamp.tar.gz"

mkdir -p "$target_dir"
tar -czf "$archive" -C "$(dirname "$source_dir")" "$(basename "$source_dir")"
echo "wrote $archive ($(du -h "$archive" | cut -f1))"

# Remove all but the newest archives.
ls -1t "$target_dir"/backup-*.tar.gz | tail -n +$((keep + 1)) | while read -r old; do
  echo "removing $old"
  rm -- "$old"
done
`,
  },
];
