ruleset right { meta { use module left alias l provides two } global { two = function() { l:one() } } }
