ruleset left { meta { use module right alias r provides one } global { one = function() { r:two() } } }
