/* An AA tree: a red-black tree in which only the right child may be red. Its height is at most twice
 * the logarithm of its size, which bounds the recursion. */
#include "rules/tree.h"

#include <stddef.h>

struct tree_node *tree_find(struct tree_node *root, const void *key, tree_compare *compare)
{
    while (root) {
        int order = compare(key, root);
        if (!order)
            return root;
        root = order < 0 ? root->less : root->more;
    }
    return NULL;
}

static struct tree_node *skew(struct tree_node *node)
{
    struct tree_node *less = node->less;
    if (!less || less->level != node->level)
        return node;
    node->less = less->more;
    less->more = node;
    return less;
}

static struct tree_node *split(struct tree_node *node)
{
    struct tree_node *more = node->more;
    if (!more || !more->more || more->more->level != node->level)
        return node;
    node->more = more->less;
    more->less = node;
    more->level++;
    return more;
}

struct tree_node *tree_add(struct tree_node *root, struct tree_node *node, const void *key,
                           tree_compare *compare)
{
    if (!root) {
        *node = (struct tree_node){.level = 1};
        return node;
    }
    if (compare(key, root) < 0)
        root->less = tree_add(root->less, node, key, compare);
    else
        root->more = tree_add(root->more, node, key, compare);
    return split(skew(root));
}
