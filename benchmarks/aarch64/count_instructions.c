/* A plugin of QEMU: executed instructions by function, "COUNT SYMBOL" a line.
 *
 *     qemu-aarch64 -plugin ./count_instructions.so,out=FILE PROGRAM ...
 *
 * The part of QEMU's plugin interface (version 1) that is used is declared here: distributions ship no header for it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;   /* a block of translated instructions */
struct qemu_plugin_insn; /* one of them */
enum { ADD_TO_UINT64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translated)(plugin_id, struct qemu_plugin_tb*));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb* block, int operation, void* to, uint64_t by);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t index);
const char* qemu_plugin_insn_symbol(const struct qemu_plugin_insn* instruction);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*at_exit)(plugin_id, void*), void* data);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

enum { FUNCTIONS = 1 << 16 }; /* room of the table; a power of two */
typedef struct function {
  char* symbol;
  uint64_t executed;
} function;
static function table[FUNCTIONS];
static FILE* out;

static function* entry_of(const char* symbol) {
  uint32_t hash = 2166136261u;
  for (const char* c = symbol; *c != '\0'; ++c) hash = (hash ^ (uint8_t)*c) * 16777619u;
  for (uint32_t tried = 0; tried < FUNCTIONS; ++tried) {
    function* const entry = &table[(hash + tried) % FUNCTIONS];
    if (entry->symbol == NULL) entry->symbol = strdup(symbol);
    if (strcmp(entry->symbol, symbol) == 0) return entry;
  }
  abort(); /* a program with more functions than there is room for */
}

/* A block lies within one function: the first instruction's names it. */
static void translated(plugin_id id, struct qemu_plugin_tb* block) {
  (void)id;
  const char* const symbol = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(block, 0));
  function* const entry = entry_of(symbol == NULL ? "?" : symbol);
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_TO_UINT64, &entry->executed, qemu_plugin_tb_n_insns(block));
}

static void at_exit(plugin_id id, void* data) {
  (void)id, (void)data;
  for (int i = 0; i < FUNCTIONS; ++i) {
    if (table[i].executed > 0) fprintf(out, "%llu %s\n", (unsigned long long)table[i].executed, table[i].symbol);
  }
  fclose(out);
}

EXPORT int qemu_plugin_install(plugin_id id, const void* info, int argc, char** argv) {
  (void)info;
  if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) return 1;
  out = fopen(argv[0] + 4, "w");
  if (out == NULL) return 1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, at_exit, NULL);
  return 0;
}
