"""Goods, from the purchase to the shelf."""
