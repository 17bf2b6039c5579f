/* A set that is sorted by a comparison: what strangers choose as keys can make it no slower than the
 * logarithm of its size. A node is the first member of what is kept. */
#ifndef RULES_TREE_H
#define RULES_TREE_H

struct tree_node {
    struct tree_node *less, *more;
    unsigned level;
};

/* Less, equal or greater than 0 as KEY is to what NODE is in. */
typedef int tree_compare(const void *key, const struct tree_node *node);

/* The node of that key, or null. */
struct tree_node *tree_find(struct tree_node *root, const void *key, tree_compare *compare);

/* Adds NODE, whose key KEY is not there yet; the result is the new root. */
struct tree_node *tree_add(struct tree_node *root, struct tree_node *node, const void *key,
                           tree_compare *compare);

#endif
