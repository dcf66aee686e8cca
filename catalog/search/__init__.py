"""Full-text search in the catalogue (目录检索), in Chinese and by pinyin: an index that is made from the catalogue and thrown away."""
